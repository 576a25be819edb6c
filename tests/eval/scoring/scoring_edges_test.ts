// Edge cases of scoring: impossible options, empty votes, a scorer that does not answer.
import assert from "node:assert/strict";
import { combine } from "../../../src/eval/scoring/voting.ts";
import { scoringRule } from "../../../src/eval/scoring/normalisation.ts";
import { perspective } from "../../../src/eval/mod.ts";

Deno.test("an impossible option loses although it is impossible without the prompt too", () => {
  const { score } = scoringRule({ normalisation: "ratio" });
  const never = { logProb: -Infinity, tokens: 1 };
  assert.equal(score("x", never, never), -Infinity);
  assert.equal(score("x", { logProb: -3, tokens: 1 }, { logProb: -1, tokens: 1 }), -2);
});

Deno.test("characters are code points: a flag, an accent, an emoji", () => {
  const { score } = scoringRule({ normalisation: "characters" });
  for (const [text, count] of [["🦙", 1], ["é", 1], ["e\u0301", 2], ["🇵🇪", 2], ["灌木", 2]] as const) {
    assert.equal(score(text, { logProb: -6, tokens: 1 }), -6 / count, text);
  }
});

Deno.test("an answer that normalisation makes empty has no vote", async () => {
  const drawn = { temperature: 1, samples: 4, combine: "majority" } as const;
  const votes = (texts: string[]) =>
    combine(
      texts,
      drawn,
      (text) => text === "?" ? undefined : text,
      (text) => text.replace("$", ""),
      (text) => Promise.resolve(text === "7" ? 1 : 0),
    );
  assert.equal((await votes(["$", "$", "$", "7"])).answer, "7");
  assert.equal((await votes(["$", "7", "?", "?"])).scores, 1);
  assert.equal((await votes(["$", "?"])).answer, undefined);
  assert.equal((await votes(["?", "$"])).scores, 0);
});

Deno.test("a response that is not JSON gives a missing value", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("<html>busy</html>"),
  );
  const endpoint = `http://127.0.0.1:${server.addr.port}/`;
  assert.equal(await perspective({ key: "k", endpoint, perSecond: 1000 }).score("text", ""), undefined);
  await server.shutdown();
});
