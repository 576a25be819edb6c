/**
 * Test data for the tokenizer: a vocabulary trained on a book, and strings of unusual characters.
 *
 * @module
 */
import { mobyDick as book } from "../support/moby_dick.ts";
import { Random } from "../../src/base/random.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import type { TokenizerJson } from "../../src/tokenizer/files/tokenizer_json.ts";
import { inFolder } from "../support/folder.ts";

export { book };

/** The markers of the `chatml` template. */
export const MARKERS = ["<|im_start|>", "<|im_end|>"];

let trained: Promise<Tokenizer> | undefined;

/** Returns a tokenizer with 2,048 ids, trained on Moby Dick once per test file, with the markers of `chatml`. */
export function sample(): Promise<Tokenizer> {
  return trained ??= Tokenizer.train([book], { vocabSize: 2048, special: MARKERS });
}

/** Parts that the strings are made of. */
// deno-fmt-ignore
const BITS = [
  "", " ", "  ", "     ", "\n", "\n\n", "\r\n", "\t", "\v", "\u0000", "\u007f", "\u0085", "\u00a0", "\u3000", "\u2028",
  "0", "7", "42", "2024", "1,000.5", "１２", "٣", "²", "e\u0301", "é", "ß", "ñ", "Ж", "Привет", "Σ", "灌木", "日本語", "한국어",
  "العربية", "ไทย", "😀", "👩‍👩‍👧", "🇵🇪", "\u200d", "\ufeff", "\ufffd", "\ud800", "\udc00", "\ude00\ud83d", "▁", "▁▁", " ▁ ",
  "<", ">", "</", "<s", "s>", "<0x0A>", "<0xFF>", "|im_start|", "[INST]", "whale", " whale", "Whale", "the", " The", "ing",
  "Call me Ishmael", "’", "“", "—", "--", "----------", "...", "!!!", "Queequeg", "constructor", "__proto__",
];

/** Names of special tokens, which may occur in user text. */
const NAMES = ["<s>", "</s>", "<unk>", ...MARKERS];

/** Makes seeded strings of unusual parts, slices of the book and, with `names`, names of special tokens. */
export function oddStrings(count: number, seed: number, names: boolean): string[] {
  const random = new Random(seed);
  const bits = names ? [...BITS, ...NAMES] : BITS;
  return Array.from({ length: count }, () => {
    let text = "";
    for (let left = random.below(12); left > 0; left--) {
      const at = random.below(book.length - 50);
      text += random.below(5) === 0 ? book.slice(at, at + random.below(50)) : bits[random.below(bits.length)];
    }
    return text;
  });
}

/** Returns the tokenizer.json that a tokenizer is saved as. */
export async function jsonOf(
  tokenizer: Tokenizer,
): Promise<TokenizerJson> {
  let json = {} as TokenizerJson;
  await inFolder(async (dir) => {
    await tokenizer.save(dir);
    json = JSON.parse(await Deno.readTextFile(`${dir}/tokenizer.json`));
  });
  return json;
}
