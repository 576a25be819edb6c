/**
 * The pre-tokenizers of byte-level vocabularies, which GGUF files name in `tokenizer.ggml.pre`.
 *
 * A pre-tokenizer is a list of regular expressions. Each one splits the parts that those before it left into its matches
 * and what stands between them. The expressions are those of llama.cpp (`llama-vocab.cpp`); where a tokenizer.json writes
 * the same one in another way, that form stands here.
 *
 * @module
 */
import type { Component } from "../../../tokenizer/files/tokenizer_json.ts";

/** A pre-tokenizer. */
export interface PreTokenizer {
  /** Its names in GGUF files; the first is written. */
  readonly names: readonly string[];
  /** Its regular expressions, in order. */
  readonly steps: readonly string[];
  /** True where a word that is a token as a whole is not built by merges. */
  readonly ignoreMerges: boolean;
  /** True where texts get BOS when the file does not say. */
  readonly addsBos: boolean;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPELLED_OUT = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The expression inside `ByteLevel` of Hugging Face tokenizers: GPT-2's. */
const GPT_2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const DIGIT = "\\p{N}";
const PUNCTUATION = "[\\p{P}\\$\\+<=>\\^~\\|`]+";

/** Returns an expression of Llama 3's kind with `digits` for numbers. */
function llama3(digits: string): string {
  return `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`;
}

/** Returns an expression of GPT-4o's kind: words that end in lower-case letters, with what may follow a word. */
function casedWords(suffix: string, digits: string): string {
  const front = "[^\\r\\n\\p{L}\\p{N}]?";
  const upper = "(?:(?=[\\p{L}])[^a-z])";
  const lower = "(?:(?=[\\p{L}])[^A-Z])";
  return `${front}${upper}*${lower}+${suffix}|${front}${upper}+${lower}*${suffix}|${digits}` +
    `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;
}

/** Han, kana and Hangul as DeepSeek's tokenizers list them; llama.cpp takes no wide space of that range for one of them. */
const CJK_LISTED = "[一-龥ࠀ-一가-퟿]+";
const CJK = "(?:(?!\\s)[一-龥ࠀ-一가-퟿])+";

/** Punctuation as DeepSeek LLM's tokenizer lists it, of which llama.cpp takes no U+3000 either. */
const MARKS_LISTED = "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+";
const MARKS = MARKS_LISTED.replace("\u3000", "\u3001");

/** The letters of alphabets with upper and lower case, as DeepSeek LLM's tokenizer lists them. */
const CASED_LETTERS =
  "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af" +
  "\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5" +
  "\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba" +
  "\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45" +
  "\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe" +
  "\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc" +
  "\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139" +
  "\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3" +
  "\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06" +
  "\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}" +
  "\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}";

const WORDS_OF_DEEPSEEK_V3 =
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+" +
  `| ?[\\p{P}\\p{S}]+[\\r\\n]*|${SPACES}`;

/** The pre-tokenizers that are computed; files with another name are refused. */
const PRE_TOKENIZERS: readonly PreTokenizer[] = [
  of("llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano", [
    llama3("\\p{N}{1,3}"),
  ], {
    ignoreMerges: true,
    addsBos: true,
  }),
  of("dbrx smaug-bpe glm4 chatglm-bpe", [llama3("\\p{N}{1,3}")]),
  of(
    "gpt-2 phi-2 mpt olmo jais jina-es jina-de jina-v2-es jina-v2-de gigachat a.x-4.0 mellum modern-bert exaone4 trillion " +
      "granite-docling",
    [GPT_2],
  ),
  of("smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", [DIGIT, GPT_2]),
  of("qwen2 stablelm2 deepseek-r1-qwen megrez hunyuan solar-open grok-2 kormo f2llmv2", [llama3(DIGIT)]),
  of("qwen35", [
    `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${SPACES}`,
  ]),
  of("deepseek-llm", [
    "[\\r\\n]",
    `\\s?[${CASED_LETTERS}]+`,
    MARKS,
    "\\s+$",
    CJK,
    "\\p{N}+",
  ]),
  of("deepseek-coder", ["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK, DIGIT]),
  of("deepseek-v3 hunyuan-dense joyai-llm", ["\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", WORDS_OF_DEEPSEEK_V3]),
  of("falcon", [PUNCTUATION, GPT_2, "[0-9][0-9][0-9]"]),
  of("tekken", [casedWords("", DIGIT)], { ignoreMerges: true, addsBos: true }),
  of("gpt-4o llama4 kanana2 minimax-m2 talkie", [casedWords(`${CONTRACTIONS}?`, "\\p{N}{1,3}")]),
  of("bloom poro-chat gpt3-finnish", [" ?[^(\\s|.,!?…。，、।۔،)]+"]),
  of("viking", [" ?[^(\\s|.,!?…。，、।۔،)]+", DIGIT]),
  of("default", [PUNCTUATION.replace("`", ""), GPT_2, "\\p{N}+", "[0-9][0-9][0-9]"]),
];

function of(
  names: string,
  steps: readonly string[],
  { ignoreMerges = false, addsBos = false }: Partial<PreTokenizer> = {},
): PreTokenizer {
  return { names: names.split(" "), steps, ignoreMerges, addsBos };
}

/** Returns the pre-tokenizer of a name in a GGUF file; undefined for one that is not computed. */
export function preTokenizerNamed(name: string): PreTokenizer | undefined {
  return PRE_TOKENIZERS.find(({ names }) => names.includes(name));
}

/** Returns the names of all pre-tokenizers that are computed. */
export function preTokenizerNames(): string[] {
  return PRE_TOKENIZERS.flatMap(({ names }) => names);
}

/** Returns the `pre_tokenizer` of a tokenizer.json that splits as `pre` does, and then maps bytes to characters. */
export function componentOf({ steps }: PreTokenizer): Component {
  const usesGpt2 = steps.at(-1) === GPT_2;
  const splits = usesGpt2 ? steps.slice(0, -1) : steps;
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: usesGpt2 };
  const pretokenizers = splits.map((step): Component => {
    return { type: "Split", pattern: { Regex: step }, behavior: "Isolated", invert: false };
  });
  return pretokenizers.length === 0 ? bytes : { type: "Sequence", pretokenizers: [...pretokenizers, bytes] };
}

/**
 * Returns the pre-tokenizer that splits as the `pre_tokenizer` of a tokenizer.json does; undefined where llama.cpp has
 * none that does.
 */
export function preTokenizerOf(component: Component | null, ignoreMerges: boolean): PreTokenizer | undefined {
  const list = component?.type === "Sequence" ? component.pretokenizers as Component[] : [component];
  const last = list.at(-1);
  if (last?.type !== "ByteLevel" || last.add_prefix_space) return undefined;
  const steps = [...list.slice(0, -1).map(stepOf), ...(last.use_regex ?? true ? [GPT_2] : [])];
  const key = JSON.stringify(steps);
  return PRE_TOKENIZERS.find((pre) => pre.ignoreMerges === ignoreMerges && JSON.stringify(pre.steps) === key);
}

/** Returns the expression that splits as a part of a `pre_tokenizer` does; undefined where none does. */
function stepOf(part: Component | null): string | undefined {
  switch (part?.type) {
    case "Digits":
      return part.individual_digits ? DIGIT : `${DIGIT}+`;
    case "Punctuation":
      return part.behavior === "Contiguous" ? PUNCTUATION : undefined;
    case "Split":
      return splitStepOf(part);
  }
}

function splitStepOf({ pattern, behavior, invert }: Component): string | undefined {
  const regex = (pattern as { Regex?: string } | undefined)?.Regex;
  if (regex === undefined) return undefined;
  // An expression that matches everything splits alike when what stands between its matches is removed.
  const coversAll = regex.endsWith("|\\s+");
  const isolates = behavior === "Isolated" && !invert || behavior === "Removed" && invert && coversAll;
  if (!isolates) return undefined;
  const known = { [CJK_LISTED]: CJK, [MARKS_LISTED]: MARKS }[regex];
  return known ?? regex.replaceAll(SPELLED_OUT, CONTRACTIONS).replaceAll("\\p{N}{1}", DIGIT)
    .replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}
