// Runs the quickstart as a user does and checks its scores. It takes minutes.
import assert from "node:assert/strict";
import { runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

interface Scores {
  scores: { who: string; nats: number; bits: number }[];
  context: { own: number; other: number };
  before: { loss: number };
  after: {
    loss: number;
    otherLoss: number;
    exact: number;
    ended: number;
    mostFrequent: number;
    kinds: { kind: string; exact: number; mostFrequent: number }[];
  };
}

async function quickstart(): Promise<Scores & { seconds: number; stdout: string }> {
  return await inFolder(async (out) => {
    const start = performance.now();
    const { code, stdout, stderr } = await runDeno(["run", "-A", "examples/quickstart.ts", "--out", out]);
    assert.equal(code, 0, stderr);
    return {
      ...JSON.parse(await Deno.readTextFile(`${out}/scores.json`)),
      seconds: (performance.now() - start) / 1000,
      stdout,
    };
  });
}

Deno.test("the quickstart beats the tables, and tuning improves its answers", async () => {
  const { scores, context, before, after, seconds, stdout } = await quickstart();
  const load = Deno.loadavg()[0].toFixed(1);
  console.log(`quickstart: ${seconds.toFixed(0)} s (bound 240 s on 2 undisturbed cores; load now ${load})`);
  const [, unigram, bigram, llama] = scores.map(({ nats }) => nats);
  assert.ok(llama <= unigram - 1, `a nat below the unigram table: ${llama} against ${unigram}`);
  assert.ok(llama < bigram, `below the Kneser-Ney bigram table: ${llama} against ${bigram}`);
  assert.ok(context.other >= context.own + 0.05, `context matters: ${context.own} and ${context.other}`);
  assert.ok(
    after.loss <= 0.7 * before.loss,
    `the answers' loss falls by 30 %: ${before.loss} to ${after.loss}`,
  );
  assert.ok(
    after.loss <= 0.8 * after.otherLoss,
    `20 % below another question's: ${after.loss} and ${after.otherLoss}`,
  );
  assert.ok(
    after.exact >= after.mostFrequent + 0.4,
    `exact ${after.exact} clearly beats the most frequent answers' ${after.mostFrequent}`,
  );
  assert.ok(after.kinds.length >= 3, "at least three kinds of question");
  for (const { kind, exact, mostFrequent } of after.kinds) {
    assert.ok(
      exact > mostFrequent,
      `${kind}: exact ${exact} beats the most frequent answer's ${mostFrequent}`,
    );
  }
  assert.ok(after.ended >= 0.9, `answers end: ${after.ended}`);
  assert.doesNotMatch(stdout, /\bthe (Ahab|Queequeg|Starbuck|Stubb|Flask)\b/);
  assert.match(stdout, /^The quickstart makes a language model .*\n/, "it says first what it will do");
  assert.match(stdout, /\nNext:\n/, "it says last what to do next");
  const lines = stdout.split("\n");
  assert.ok(lines.length < 150, `${lines.length} lines in a pipe`);
  assert.deepEqual(lines.filter((line) => line.startsWith("{")), [], "no JSON in a pipe");
});
