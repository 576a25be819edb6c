/**
 * The normal forms of text in which CCNet compares paragraphs and measures perplexity.
 *
 * Source: Wenzek et al. 2019, CCNet.
 *
 * @module
 */

/** Unicode punctuation, which CCNet removes before hashing and replaces by ASCII before measuring perplexity. */
const punctuation: Record<string, string> = {
  "，": ",",
  "。": ".",
  "、": ",",
  "„": '"',
  "”": '"',
  "“": '"',
  "«": '"',
  "»": '"',
  "１": '"',
  "」": '"',
  "「": '"',
  "《": '"',
  "》": '"',
  "´": "'",
  "∶": ":",
  "：": ":",
  "？": "?",
  "！": "!",
  "（": "(",
  "）": ")",
  "；": ";",
  "–": "-",
  "—": " - ",
  "．": ". ",
  "～": "~",
  "’": "'",
  "…": "...",
  "━": "-",
  "〈": "<",
  "〉": ">",
  "【": "[",
  "】": "]",
  "％": "%",
  "►": "-",
};
const marks = new RegExp(`[${Object.keys(punctuation).join("")}]`, "g");
const controls = /\p{Cc}/gu;
const digits = /\p{Nd}/gu;

/** Normalises for comparison: trimmed, lower case, digits as 0, no control characters, no Unicode punctuation. */
export function comparable(text: string): string {
  return text.trim().toLowerCase().replace(digits, "0").replace(marks, "").replace(controls, "");
}

/** Normalises for a language model: lower case, no accents, digits as 0, ASCII punctuation, on one line. */
export function plainLine(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "").replace(digits, "0")
    .replace(marks, (mark) => punctuation[mark]).replace(controls, "");
}
