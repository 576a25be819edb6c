// Lists of merges against llama.cpp's joining by scores, on all short texts over three letters.
import assert from "node:assert/strict";
import { Random } from "../../../../src/base/random.ts";
import { mergeObstacle } from "../../../../src/model/files/gguf/spm_merges.ts";
import type { Piece } from "../../../../src/tokenizer/mod.ts";

type Pair = [string, string];

/** Joins the neighbours of lowest rank, the leftmost first; `rankOf` returns undefined for a pair that is not joined. */
function encode(text: string, rankOf: (left: string, right: string) => number | undefined): string[] {
  const parts = [...text];
  while (true) {
    let best = Infinity;
    let at = -1;
    for (let i = 1; i < parts.length; i++) {
      const rank = rankOf(parts[i - 1], parts[i]) ?? Infinity;
      if (rank < best) best = rank, at = i;
    }
    if (at < 0) return parts;
    parts.splice(at - 1, 2, parts[at - 1] + parts[at]);
  }
}

/** Returns a text that the scores of pieces encode in another way than the merges; undefined without one. */
function difference(merges: Pair[], texts: readonly string[]): string | undefined {
  const ranks = new Map(merges.map((pair, rank) => [pair.join(" "), rank]));
  const first = new Map<string, number>();
  merges.forEach((pair, rank) => {
    if (!first.has(pair.join(""))) first.set(pair.join(""), rank);
  });
  return texts.find((text) => {
    const listed = encode(text, (left, right) => ranks.get(`${left} ${right}`));
    const scored = encode(text, (left, right) => first.get(left + right));
    return listed.join(" ") !== scored.join(" ");
  });
}

function piecesOf(merges: Pair[]): Piece[] {
  const wholes = [...new Set(merges.map((pair) => pair.join("")))];
  return ["a", "b", "c", "d", ...wholes].map((text, i): Piece => ({ text, kind: "normal", score: -i }));
}

let texts = [""];
for (let length = 1; length <= 7; length++) {
  texts = [
    ...texts,
    ...texts.filter((text) => text.length === length - 1).flatMap((text) =>
      ["a", "b", "c"].map((x) => text + x)
    ),
  ];
}

Deno.test("lists that pass give the ids of the scores on every text of at most 7 letters, and lists that fail do not", () => {
  const random = new Random(5);
  const seen = { equal: 0, refused: 0, refusedInVain: 0 };
  for (let round = 0; round < 150; round++) {
    const tokens = ["a", "b", "c"];
    const merges: Pair[] = [];
    for (let i = 0; i < 7; i++) {
      const pair: Pair = [tokens[random.below(tokens.length)], tokens[random.below(tokens.length)]];
      const whole = pair.join("");
      if (whole.length > 4 || merges.some((merge) => merge.join(" ") === pair.join(" "))) continue;
      merges.push(pair);
      if (!tokens.includes(whole)) tokens.push(whole);
    }
    const obstacle = mergeObstacle(piecesOf(merges), merges);
    const found = difference(merges, texts);
    if (obstacle === undefined) {
      assert.equal(found, undefined, `${JSON.stringify(merges)}: ${found}`);
      seen.equal++;
    } else if (found) seen.refused++;
    else seen.refusedInVain++;
  }
  assert.ok(seen.equal > 20 && seen.refused > 20, JSON.stringify(seen));
  assert.ok(seen.refusedInVain <= 5, JSON.stringify(seen));
});

Deno.test("the two kinds of difference are named", () => {
  const overtaken: Pair[] = [["b", "c"], ["a", "b"], ["ab", "c"], ["bc", "d"], ["a", "bc"]];
  assert.equal(difference(overtaken, ["abcd"]), "abcd");
  assert.match(
    mergeObstacle(piecesOf(overtaken), overtaken)!,
    /would join a and bc of a, bc, d, the tokenizer the others/,
  );
  const unlisted: Pair[] = [["b", "c"], ["a", "b"], ["ab", "c"]];
  assert.equal(difference(unlisted, ["abc"]), "abc");
  assert.match(mergeObstacle(piecesOf(unlisted), unlisted)!, /would join a and bc, the tokenizer does not/);
  assert.equal(mergeObstacle(piecesOf(unlisted.slice(0, 2)), unlisted.slice(0, 2)), undefined);
});
