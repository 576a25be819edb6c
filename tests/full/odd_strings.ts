/**
 * A thousand odd strings and three conversations for tokenizers: twenty languages, and random mixtures of what breaks them.
 *
 * @module
 */
import { Random } from "../../src/base/random.ts";
import { sentences, texts } from "./languages.ts";

/** Pieces of text; those in angle brackets are markers of the tokenizers under test. */
const pieces: readonly string[] = [
  ...[" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\u200d", "\ufeff"],
  ...[
    "🦙",
    "👩‍👩‍👧",
    "🏳️‍🌈",
    "é",
    "e\u0301",
    "ﬁ",
    "ß",
    "İ",
    "ǅ",
    "𝔘",
    "灌木",
    "ไทย",
    "שָׁלוֹם",
    "عَرَبِي",
    "한국",
    "नमस्ते",
    "ꙮ",
  ],
  ...["0", "12", "345", "6789", "1,000.5", "½", "٣", "IV", "x²", "-7", "3e-5"],
  ...[
    "don't",
    "I'LL",
    "we've",
    "it's.",
    "…",
    "—",
    "«",
    '"',
    "'",
    "()",
    "[]",
    "{}",
    "!!!",
    "?!",
    "://",
    "\\n",
    "%20",
    "#",
    "a_b",
  ],
  ...[
    "the",
    " The",
    "llama",
    " llama",
    "Llama's",
    "def f(x):",
    "    return",
    "</div>",
    "▁",
    "▁▁",
    "Ġ",
    "<0x0A>",
    "\u0000",
    "\u007f",
  ],
];

/** Markers of chat formats, which stand in user text as text. */
const markers: readonly string[] = [
  ...[
    "<s>",
    "</s>",
    "<unk>",
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|start_header_id|>",
  ],
  ...["<|user|>", "<|assistant|>", "[INST]", "<<SYS>>"],
];

/** Returns strings of random pieces, each of one to a dozen. */
function mixtures(from: readonly string[], count: number, seed: number): string[] {
  const random = new Random(seed);
  return Array.from(
    { length: count },
    () => Array.from({ length: 1 + random.below(12) }, () => from[random.below(from.length)]).join(""),
  );
}

/** Strings without markers: 200 in twenty languages, 700 mixtures, and the empty one. */
export const oddStrings: readonly string[] = [
  "",
  ...texts,
  ...mixtures([...pieces, ...Object.values(sentences).map((text) => text.slice(0, 9))], 700, 1),
];

/** A hundred strings with markers in them. */
export const markedStrings: readonly string[] = mixtures([...pieces, ...markers, ...markers], 100, 2)
  .map((text, i) => text + markers[i % markers.length]);

/** Conversations with contents of the same kinds. */
export const chats = [
  [{ role: "user", content: "Why do llamas hum?" }],
  [
    { role: "system", content: "Be brief.\n" },
    { role: "user", content: "  Two  spaces, and a tab\t" },
    { role: "assistant", content: "Yes." },
    { role: "user", content: "été 灌木 🦙" },
  ],
  [
    { role: "user", content: "1 + 1 = ?" },
    { role: "assistant", content: " 2\n\n" },
    { role: "user", content: "'s not <b>bold</b>" },
  ],
] as const;
