/**
 * The tokens that end a text in llama.cpp: EOS, EOT and EOM of the file, and tokens that it knows by their text.
 *
 * The rules are those of llama.cpp (`llama-vocab.cpp`, `special_eog_ids`), so that a GGUF file ends its texts here where
 * it ends them there.
 *
 * @module
 */

/** Texts of tokens that end a text in every file. */
const ENDS = [
  ...["<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>"],
  ...["<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]"],
  ...["<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>"],
  "<｜end▁of▁sentence｜>",
];

/** Texts of the tokens for code infilling that end a text; the file may name them by id. */
const INFILL_ENDS: Readonly<Record<string, readonly string[]>> = {
  fim_pad_token_id: ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"],
  fim_rep_token_id: ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"],
  fim_sep_token_id: ["<|file_sep|>"],
};

/** Returns true for the text of a token that llama.cpp treats as a control token, whatever its type in the file. */
export function isEnd(text: string): boolean {
  return ENDS.includes(text);
}

/**
 * Returns the ids that end a text.
 *
 * @param idNamed returns the id that `tokenizer.ggml.NAME` holds, if it is one of the vocabulary
 */
export function endTokens(
  tokens: readonly string[],
  idNamed: (name: string) => number | undefined,
): number[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const found = ["eos_token_id", "eot_token_id", "eom_token_id"].map(idNamed);
  for (const [name, texts] of Object.entries(INFILL_ENDS)) {
    found.push(...idNamed(name) === undefined ? texts.map((text) => ids.get(text)) : [idNamed(name)]);
  }
  const ends = new Set([...found, ...ENDS.map((text) => ids.get(text))].filter((id) => id !== undefined));
  const has = (...texts: string[]) => texts.some((text) => ends.has(ids.get(text) ?? -1));
  // Formats with several ends of a message, of which only some end the text.
  const calls = has("<|call|>", "<|calls|>");
  if (calls && has("<|return|>", "<|flush|>")) ends.delete(ids.get("<|end|>") ?? -1);
  if (has("<|tool_response>")) ends.delete(ids.get("</s>") ?? -1);
  return [...ends].sort((a, b) => a - b);
}

/** The names of values for ids that end a text besides EOS, in the order in which they are used. */
const NAMES = ["eot", "eom", "fim_rep", "fim_sep", "fim_pad"];

/**
 * Returns names for the ids that end a text besides EOS, undefined where there are too many. Tokens that llama.cpp knows by
 * their text need none, so the others come first.
 */
export function endNames(ids: readonly number[], tokens: readonly string[]): [string, number][] | undefined {
  const known = (id: number) => id < tokens.length && isEnd(tokens[id]);
  const inOrder = [...ids].sort((a, b) => Number(known(a)) - Number(known(b)));
  if (!inOrder.slice(NAMES.length).every(known)) return undefined;
  return inOrder.slice(0, NAMES.length).map((id, i) => [NAMES[i], id]);
}

/** The names of all values for ids that end a text. */
export const END_NAMES: readonly string[] = ["eos", ...NAMES];
