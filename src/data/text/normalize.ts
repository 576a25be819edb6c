/**
 * Normal forms of text under which CCNet (Wenzek et al. 2019) compares paragraphs and measures perplexity.
 *
 * @module
 */

/** Unicode punctuation that CCNet deletes before hashing, with the ASCII it stands for before measuring perplexity. */
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

/** For comparing: trimmed, lower case, digits as 0, without control characters and Unicode punctuation; accents stay. */
export function comparable(text: string): string {
  return text.trim().toLowerCase().replace(digits, "0").replace(marks, "").replace(controls, "");
}

/** For a language model: lower case, no accents, digits as 0, ASCII punctuation, and all on one line. */
export function plainLine(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "").replace(digits, "0")
    .replace(marks, (mark) => punctuation[mark]).replace(controls, "");
}
