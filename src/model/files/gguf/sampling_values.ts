/**
 * Sampling settings and the ids of models without a tokenizer, in GGUF files: `general.sampling.*` and
 * `tokenizer.ggml.*_token_id`.
 *
 * llama.cpp's programs take the settings as defaults, its library leaves them to the program.
 *
 * @module
 */
import { ConfigError, FormatError } from "../../../base/errors.ts";
import type { GgufValue } from "../../../formats/gguf/header.ts";
import type { WrittenValue } from "../../../formats/gguf/writer.ts";
import {
  bosIdIn,
  eosIdsIn,
  type FileSampling,
  generationFields,
  type GenerationSettings,
  samplingIn,
} from "../../architecture/generation_settings.ts";
import { END_NAMES } from "./end_tokens.ts";
import { decimal } from "./gguf_fields.ts";

/** The settings that are computed here: their names in GGUF files, in generation_config.json, and as options. */
const SETTINGS: readonly [gguf: string, hf: string, option: keyof FileSampling, type: "f32" | "i32"][] = [
  ["temp", "temperature", "temperature", "f32"],
  ["top_k", "top_k", "topK", "i32"],
  ["top_p", "top_p", "topP", "f32"],
  ["min_p", "min_p", "minP", "f32"],
  ["penalty_repeat", "repetition_penalty", "repetitionPenalty", "f32"],
];

/** Settings of other ways to sample; a text is refused with one in effect. */
const OTHERS = ["mirostat", "xtc_probability"];

/**
 * Returns the settings of a file; undefined where it has none.
 *
 * @throws {FormatError} for a setting outside its range
 */
export function settingsFromGguf(
  values: ReadonlyMap<string, GgufValue>,
  { hasTokenizer, file }: { hasTokenizer: boolean; file: string },
): GenerationSettings | undefined {
  const numbers = (prefix: string, names: readonly (readonly [string, string])[]) =>
    names.flatMap(([gguf, hf]) => {
      const value = values.get(`${prefix}.${gguf}`);
      return typeof value === "number" ? [[hf, decimal(value)] as const] : [];
    });
  const generation: Record<string, unknown> = Object.fromEntries([
    ...numbers("general.sampling", SETTINGS.map(([gguf, hf]) => [gguf, hf])),
    ...numbers("general.sampling", OTHERS.map((name) => [name, name])),
  ]);
  const suppressed = values.get("tokenizer.ggml.suppress_tokens");
  if (Array.isArray(suppressed)) generation.suppress_tokens = suppressed;
  const checked = generationFields.safeParse(generation);
  if (!checked.success) {
    const { path, message } = checked.error.issues[0];
    throw new FormatError(`general.sampling (${path.join(".")}): ${message}`, { file });
  }
  const id = (name: string) =>
    numbers("tokenizer.ggml", [[`${name}_token_id`, name]]).map(([, value]) => value);
  const [bos] = id("bos");
  const eos = END_NAMES.flatMap(id);
  const ids = {
    ...(bos !== undefined && { bos_token_id: bos }),
    ...(eos.length > 0 && { eos_token_id: eos.length > 1 ? eos : eos[0] }),
  };
  const config = hasTokenizer ? {} : ids;
  const samples = Object.keys(generation).length > 0;
  if (!samples && Object.keys(config).length === 0) return undefined;
  return { config, ...(samples && { generation }) };
}

/**
 * Returns the values for a model's settings, and for its ids where it has no tokenizer.
 *
 * @throws {ConfigError} for more ids that end a text than a file can name
 */
export function settingsValues(
  settings: GenerationSettings | undefined,
  hasTokenizer: boolean,
): Map<string, WrittenValue> {
  const values = new Map<string, WrittenValue>();
  if (!settings) return values;
  const sampling = samplingIn(settings);
  for (const [name, , option, type] of SETTINGS) {
    const value = sampling[option];
    if (typeof value === "number") values.set(`general.sampling.${name}`, { type, value });
  }
  if (hasTokenizer) return values;
  const id = (name: string, value: number) =>
    values.set(`tokenizer.ggml.${name}_token_id`, { type: "u32", value });
  if (bosIdIn(settings) >= 0) id("bos", bosIdIn(settings));
  const ends = eosIdsIn(settings) ?? [];
  if (ends.length > END_NAMES.length) {
    throw new ConfigError(
      `Cannot write a GGUF file: ${ends.length} ids end a text, it can name ${END_NAMES.length}`,
    );
  }
  ends.forEach((eos, i) => id(END_NAMES[i], eos));
  return values;
}
