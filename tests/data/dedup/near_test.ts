import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { DedupOptions } from "../../../src/data/dedup/dedup.ts";
import { bandsFor, recall } from "../../../src/data/dedup/minhash_lsh.ts";
import { shinglesOf, similarity } from "../../../src/data/dedup/shingles.ts";

const random = new Random(3);
const words = (count: number) => Array.from({ length: count }, () => `w${random.u32().toString(36)}`);

/** Makes a text of `length` sequences and another one of Jaccard similarity `j`. */
function pair(length: number, j: number): [string, string] {
  const shared = Math.round(2 * length * j / (1 + j));
  const own = length - shared;
  const common = words(shared + 4);
  return [[...common, ...words(own)].join(" "), [...common, ...words(own)].join(" ")];
}

async function kept(texts: string[], options: DedupOptions): Promise<string[]> {
  const documents = texts.map((text, i) => ({ text, id: String(i) }));
  return (await Dataset.from(documents).dedup({ by: "near", ...options }).toArray()).map(({ id }) => id);
}

Deno.test("planted pairs of similarity 0.9 are found, pairs of 0.5 are not", async () => {
  for (const [j, least, most] of [[0.9, 0.97, 1], [0.82, 0.95, 1], [0.5, 0, 0.001], [0.75, 0, 0.001]]) {
    const pairs = Array.from({ length: 300 }, () => pair(200, j)).flat();
    const found = (600 - (await kept(pairs, {})).length) / 300;
    assert.ok(found >= least && found <= most, `${found} of the pairs of ${j}`);
  }
});

Deno.test("the bands find at least 97 % at any threshold, and the plan says what to expect", () => {
  for (const j of [0.1, 0.3, 0.5, 0.8, 0.9, 0.95, 1]) assert.ok(recall(bandsFor(j), j) >= 0.97, `${j}`);
  const text = String(Dataset.from([{ text: "a" }]).dedup({ by: "near", threshold: 0.8 }));
  assert.match(text, /dedup by near, threshold 0\.8, bands 28, rows 9, expected recall 98\.2%/);
});

Deno.test("similarity counts shared sequences, also of texts too long to keep all of them", () => {
  const a = shinglesOf("one two three four five six", 5);
  const b = shinglesOf("One, two THREE four five seven", 5);
  assert.equal(similarity(a, b, "jaccard"), 1 / 3);
  assert.equal(similarity(a, b, "containment"), 1 / 2);
  assert.equal(similarity(shinglesOf("", 5), shinglesOf("", 5), "jaccard"), 0);
  assert.equal(similarity(shinglesOf("so short", 5), shinglesOf("So short!", 5), "jaccard"), 1);
  assert.ok(similarity(shinglesOf("灌木很美丽吗", 3), shinglesOf("灌木很美丽吧", 3), "jaccard") > 0.5);
  const [x, y] = pair(150_000, 0.8).map((text) => shinglesOf(text, 5));
  assert.ok(x.k > 0 && Math.abs(similarity(x, y, "jaccard") - 0.8) < 0.005);
});

Deno.test("containment of exactly the threshold stays, more goes; a document inside a longer one is found", async () => {
  const common = words(94);
  const base = common.join(" "); // 90 sequences
  const with10 = [...common, ...words(10)].join(" ");
  const with9 = [...common, ...words(9)].join(" ");
  const other = [...common, ...words(10)].join(" ");
  assert.equal(similarity(shinglesOf(with10, 5), shinglesOf(other, 5), "containment"), 0.9);
  const options: DedupOptions = { threshold: 0.9, measure: "containment", keep: "longest" };
  assert.deepEqual(await kept([with10, other], options), ["0", "1"]);
  assert.deepEqual(await kept([with9, other], options), ["1"]);
  assert.deepEqual(await kept([base, `${words(80).join(" ")} ${base}`], options), ["1"]);
});

Deno.test("of a chain whose ends are not near both ends stay, and the order decides among equals only", async () => {
  const all = words(240);
  const text = (from: number, to: number) => all.slice(from, to).join(" ");
  const [a, b, c] = [text(0, 200), text(15, 212), text(30, 224)];
  const options: DedupOptions = { threshold: 0.8, keep: "longest" };
  assert.deepEqual(await kept([a, b, c], options), ["0", "2"]);
  assert.deepEqual(await kept([c, b, a], options), ["0", "2"]);
  assert.deepEqual(await kept([b, a, c], { threshold: 0.8 }), ["0"]);
  assert.deepEqual(await kept([a, a, a], options), ["0"]);
  assert.deepEqual(await kept(["", "!", "!"], options), ["0", "1", "2"]);
});

Deno.test("documents near to those of another dataset are dropped", async () => {
  const [a, b] = pair(100, 0.9);
  const test = Dataset.from([{ text: a }]);
  assert.deepEqual(await kept([b, words(90).join(" ")], { against: test }), ["1"]);
});
