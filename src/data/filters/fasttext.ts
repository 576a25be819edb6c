/**
 * Inference of fastText classifiers from model files.
 *
 * A text is the mean of the vectors of its words and of their character n-grams, which are found by hash; a linear
 * layer and a (hierarchical) softmax give the labels (Joulin et al. 2016). A cache of word vectors makes it several
 * times as fast as the WebAssembly build of the original, with equal results.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { denseMatrix, type FastTextMatrix, quantMatrix, Source } from "./fasttext_matrix.ts";
import { BucketRows, isBlank, WordTable } from "./fasttext_words.ts";

/** A label with its probability. */
export interface Prediction {
  /** The label without the prefix `__label__`. */
  label: string;
  /** Probability of the label, 0 to 1. */
  probability: number;
}

/** A sum of rows of the input matrix, and their number. */
interface RowSum {
  sum: Float32Array;
  rows: number;
}

const magic = 793712314;
const version = 12;
const maxCachedWords = 100_000;
const maxCachedLength = 64;
const hierarchical = 1;
const ova = 4;
const encoder = new TextEncoder();

/** A classifier loaded from a `.bin` or `.ftz` file. */
export class FastText {
  /** The labels, the most frequent first. */
  readonly labels: readonly string[];
  readonly #ids = new Map<string, number>();
  readonly #words: number;
  /** Rows of the n-gram buckets that pruning has kept. */
  readonly #pruned?: BucketRows;
  readonly #args: { dim: number; loss: number; bucket: number; minn: number; maxn: number };
  readonly #input: FastTextMatrix;
  readonly #output: FastTextMatrix;
  readonly #tree: { left: Int32Array; right: Int32Array };
  readonly #end: RowSum;
  /** The cached words, with their indices in `#sums` and `#rows`. */
  readonly #cache = new WordTable(maxCachedWords);
  #bytes = new Uint8Array(256);
  readonly #sums: Float32Array;
  readonly #rows: Int32Array<ArrayBuffer> = new Int32Array(maxCachedWords + 1);

  /**
   * Parses the bytes of a model file.
   *
   * @throws {FormatError} when they are not a supervised fastText model, or one with word n-grams
   */
  constructor(bytes: Uint8Array, file?: string) {
    const from = new Source(bytes, file);
    if (from.i32() !== magic || from.i32() !== version) throw from.wrong("a fastText model of version 12");
    const [dim, , , , , wordNgrams, loss, model, bucket, minn, maxn] = Array.from(
      { length: 12 },
      () => from.i32(),
    );
    from.skip(8);
    if (model !== 3 || wordNgrams > 1) throw from.wrong("a supervised model without word n-grams");
    this.#args = { dim, loss, bucket, minn, maxn };
    const size = from.i32();
    this.#words = from.i32();
    const labels = from.i32();
    from.skip(8);
    const pruned = from.i64();
    const counts: number[] = [];
    const names: string[] = [];
    for (let i = 0; i < size; i++) {
      const word = from.text();
      const count = from.i64();
      if (from.u8() === 0) this.#ids.set(word, i);
      else {
        names.push(word.replace(/^__label__/, ""));
        counts.push(count);
      }
    }
    if (names.length !== labels) throw from.wrong(`${labels} labels`);
    this.labels = names;
    this.#pruned = pruned >= 0 ? new BucketRows(bucket, pruned, () => [from.i32(), from.i32()]) : undefined;
    this.#input = from.u8() ? quantMatrix(from) : denseMatrix(from);
    this.#output = from.u8() ? quantMatrix(from) : denseMatrix(from);
    this.#tree = treeOf(counts);
    const end = this.#ids.get("</s>");
    this.#sums = new Float32Array((maxCachedWords + 1) * dim); // the last index is for words that are not cached
    this.#end = { sum: new Float32Array(dim), rows: 0 };
    if (end !== undefined) this.#add(end, this.#end);
  }

  /** Returns the `count` most probable labels of a text. Line ends count as spaces, as in fastText's own files. */
  predict(text: string, count = 1): Prediction[] {
    const hidden = this.#hidden(text);
    if (!hidden) return [];
    const scored = this.#args.loss === hierarchical
      ? this.#hierarchicalSoftmax(hidden, count)
      : this.#softmax(hidden);
    return scored.sort((a, b) => b.probability - a.probability).slice(0, count)
      .map(({ index, probability }) => ({ label: this.labels[index], probability }));
  }

  /** Returns the mean vector of a text; undefined when the model has no vector for any part of it. */
  #hidden(text: string): Float32Array | undefined {
    const { dim } = this.#args;
    const sum = Float32Array.from(this.#end.sum);
    const cache = this.#cache;
    const sums = this.#sums;
    let rows = this.#end.rows;
    for (let at = 0; at < text.length; at++) {
      if (isBlank(text.charCodeAt(at))) continue;
      const from = at;
      const found = cache.find(text, from);
      at = cache.end;
      const index = found >= 0 ? found : this.#addWord(text.slice(from, at));
      for (let i = 0, j = index * dim; i < dim; i++, j++) sum[i] += sums[j];
      rows += this.#rows[index];
    }
    return rows === 0 ? undefined : sum.map((value) => value / rows);
  }

  /** Computes the vector sum of the word that the cache has read last, caches it, and returns its index. */
  #addWord(word: string): number {
    const index = word.length > maxCachedLength ? maxCachedWords : this.#cache.add();
    const { dim } = this.#args;
    const rowSum = { sum: this.#sums.subarray(index * dim, (index + 1) * dim).fill(0), rows: 0 };
    const id = this.#ids.get(word);
    if (id !== undefined) this.#add(id, rowSum);
    if (word !== "</s>") {
      if (word.length * 3 + 2 > this.#bytes.length) this.#bytes = new Uint8Array(word.length * 4);
      const { written } = encoder.encodeInto(`<${word}>`, this.#bytes);
      this.#addNgrams(this.#bytes, written, rowSum);
    }
    this.#rows[index] = rowSum.rows;
    return index;
  }

  #addNgrams(word: Uint8Array, length: number, into: RowSum): void {
    const { minn, maxn, bucket } = this.#args;
    const pruned = this.#pruned;
    if (maxn <= 0) return;
    for (let i = 0; i < length; i++) {
      if (isContinuation(word[i])) continue;
      let hash = 0x811c9dc5;
      for (let j = i, n = 1; j < length && n <= maxn; n++) {
        do hash = Math.imul(hash ^ ((word[j++] << 24) >> 24), 0x01000193); while (
          j < length && isContinuation(word[j])
        );
        if (n < minn || (n === 1 && (i === 0 || j === length))) continue;
        const id = (hash >>> 0) % bucket;
        const row = pruned ? pruned.rowOf(id) : id;
        if (row >= 0) this.#add(this.#words + row, into);
      }
    }
  }

  #add(row: number, into: RowSum): void {
    this.#input.addRow(row, into.sum);
    into.rows++;
  }

  /** Searches the Huffman tree for the best `count` labels, without branches that cannot reach them. */
  #hierarchicalSoftmax(hidden: Float32Array, count: number): { index: number; probability: number }[] {
    const { left, right } = this.#tree;
    const labels = this.labels.length;
    const best: { index: number; score: number }[] = [];
    const visit = (node: number, score: number): void => {
      if (best.length === count && score < best[count - 1].score) return;
      if (node < labels) {
        const at = best.findIndex((other) => other.score < score);
        best.splice(at < 0 ? best.length : at, 0, { index: node, score });
        if (best.length > count) best.pop();
        return;
      }
      const f = 1 / (1 + Math.exp(-this.#output.dotRow(node - labels, hidden)));
      const [no, yes] = [score + Math.log(1 - f + 1e-5), score + Math.log(f + 1e-5)];
      if (yes > no) visit(right[node], yes);
      visit(left[node], no);
      if (yes <= no) visit(right[node], yes);
    };
    visit(2 * labels - 2, 0);
    return best.map(({ index, score }) => ({ index, probability: Math.exp(score) }));
  }

  #softmax(hidden: Float32Array): { index: number; probability: number }[] {
    const scores = this.labels.map((_, row) => this.#output.dotRow(row, hidden));
    if (this.#args.loss === ova) {
      return scores.map((s, index) => ({ index, probability: 1 / (1 + Math.exp(-s)) }));
    }
    const max = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - max));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power, index) => ({ index, probability: power / sum }));
  }
}

/** Builds the Huffman tree over labels in descending order of their counts, as fastText does. */
function treeOf(counts: number[]): { left: Int32Array; right: Int32Array } {
  const labels = counts.length;
  const size = 2 * labels - 1;
  const left = new Int32Array(size).fill(-1);
  const right = new Int32Array(size).fill(-1);
  const weight = Float64Array.from({ length: size }, (_, i) => counts[i] ?? 1e15);
  let leaf = labels - 1;
  let node = labels;
  const next = () => leaf >= 0 && weight[leaf] < weight[node] ? leaf-- : node++;
  for (let i = labels; i < size; i++) {
    [left[i], right[i]] = [next(), next()];
    weight[i] = weight[left[i]] + weight[right[i]];
  }
  return { left, right };
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/**
 * Reads a model file.
 *
 * @throws {FormatError} when it cannot be read or is not a fastText model
 */
export async function loadFastText(path: string | URL): Promise<FastText> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    throw new FormatError(`Cannot read the model: ${(cause as Error).message}`, {
      file: String(path),
      cause,
    });
  }
  return new FastText(bytes, String(path));
}
