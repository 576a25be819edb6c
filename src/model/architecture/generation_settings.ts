/**
 * Ids with a role and sampling settings, as the files of a model name them: config.json and generation_config.json.
 *
 * Every id in an `eos_token_id` of either file ends a text. The sampling settings are the defaults of `generate`; those that
 * it does not know are refused by name when a text is generated, and all of them survive a save.
 *
 * @module
 */
import { z } from "zod";

/** Fields of config.json and generation_config.json that concern generation, as they stand in the files. */
export interface GenerationSettings {
  /** Fields of config.json: ids, and in older files settings. */
  config: Readonly<Record<string, unknown>>;
  /** Contents of generation_config.json; undefined without that file. */
  generation?: Readonly<Record<string, unknown>>;
}

/** The sampling settings of a file, by the names of the options of `generate`. */
export interface FileSampling {
  /** Divides the logits; 0 takes the most likely token. */
  temperature?: number;
  /** Keeps only this many tokens; 0 keeps all. */
  topK?: number;
  /** Keeps the most likely tokens until their probabilities sum to more than this. */
  topP?: number;
  /** Drops tokens less likely than this share of the likeliest. */
  minP?: number;
  /** Divides the logits above 0 of tokens that occurred, and multiplies those below. */
  repetitionPenalty?: number;
  /** Largest number of tokens to add. */
  maxTokens?: number;
  /** Largest number of tokens, with the prompt's. */
  maxLength?: number;
  /** Strings that end a text. */
  stop?: string[];
}

const id = z.int().min(-1).nullish();

/** Checks the ids and settings of a file that are read here; other fields may be anything. */
export const generationFields = z.looseObject({
  bos_token_id: id,
  eos_token_id: z.union([id, z.array(z.int().min(-1))]),
  pad_token_id: id,
  do_sample: z.boolean().nullish(),
  temperature: z.number().min(0).nullish(),
  top_k: z.int().min(0).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  max_new_tokens: z.int().min(1).nullish(),
  max_length: z.int().min(1).nullish(),
  stop_strings: z.union([z.string().min(1), z.array(z.string().min(1))]).nullish(),
});

type Fields = z.output<typeof generationFields>;

/** Values at which a setting that this package does not know changes no text; a setting with another value is refused. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  bad_words_ids: [],
  begin_suppress_tokens: [],
  constraints: [],
  diversity_penalty: [0],
  dola_layers: [],
  encoder_no_repeat_ngram_size: [0],
  encoder_repetition_penalty: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  exponential_decay_length_penalty: [],
  force_words_ids: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  guidance_scale: [1],
  max_time: [],
  min_length: [0],
  min_new_tokens: [0],
  mirostat: [0],
  no_repeat_ngram_size: [0],
  num_beam_groups: [1],
  num_beams: [1],
  num_return_sequences: [1],
  penalty_alpha: [0],
  sequence_bias: [],
  suppress_tokens: [],
  token_healing: [false],
  top_h: [],
  typical_p: [1],
  watermarking_config: [],
  xtc_probability: [0],
};

/** The settings with which a model made here is saved: the defaults of `generate`. */
const OWN_SETTINGS = { do_sample: true, temperature: 0.8, top_p: 0.95 };

/** Returns the ids that end a text by either file; undefined where neither says anything. */
export function eosIdsIn(settings: GenerationSettings | undefined): number[] | undefined {
  const lists = [settings?.config, settings?.generation].map((fields) =>
    (fields as Fields | undefined)?.eos_token_id
  );
  if (lists.every((list) => list === undefined)) return undefined;
  return [...new Set(lists.flatMap((list) => list ?? []))].filter((id) => id >= 0);
}

/** Returns the id that opens a document by the files, -1 where they say that there is none; the default is LLaMA's 1. */
export function bosIdIn({ config, generation }: GenerationSettings): number {
  const { bos_token_id: bos } = { ...config, ...generation } as Fields;
  return bos === undefined ? 1 : bos ?? -1;
}

/** Returns the settings that the files give, undefined where they give none. */
export function samplingIn({ config, generation }: GenerationSettings): FileSampling {
  const s = (generation ?? config) as Fields;
  const sampled = s.do_sample === true;
  const found: FileSampling = {
    temperature: s.do_sample === false ? 0 : s.temperature ?? (sampled ? 1 : undefined),
    topK: s.top_k ?? undefined,
    topP: s.top_p ?? (sampled ? 1 : undefined),
    minP: s.min_p ?? undefined,
    repetitionPenalty: s.repetition_penalty ?? undefined,
    maxTokens: s.max_new_tokens ?? undefined,
    maxLength: s.max_length ?? undefined,
    stop: s.stop_strings ? [s.stop_strings].flat() : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Returns a setting in effect that this package does not know, as `name: value`. */
export function unknownSetting({ config, generation }: GenerationSettings): string | undefined {
  const found = Object.entries(generation ?? config).find(([name, value]) => {
    const empty = value === null || Array.isArray(value) && value.length === 0;
    return Object.hasOwn(NEUTRAL, name) && !empty && !NEUTRAL[name].includes(value);
  });
  return found && `${found[0]}: ${JSON.stringify(found[1])}`;
}

/** The ids of a tokenizer, for files that name none. */
interface TokenizerIds {
  /** Id that opens a document. */
  bos?: number;
  /** Ids that end one. */
  eos?: readonly number[];
}

/**
 * Returns the fields to save: those of the files that the model came from, completed by the tokenizer's ids; for a model
 * that came from no such files the ids and the defaults of `generate`. Settings that stood in config.json move to
 * generation_config.json, where newer readers look for them.
 */
export function settingsToSave(
  loaded: GenerationSettings | undefined,
  { bos, eos }: TokenizerIds,
): Required<GenerationSettings> {
  const single = (ids: readonly number[]) => ids.length > 1 ? ids : ids[0] ?? null;
  const ids: Record<string, unknown> = {
    bos_token_id: orNull(bos ?? (loaded ? bosIdIn(loaded) : 1)),
    eos_token_id: single(eos ?? eosIdsIn(loaded) ?? [2]),
  };
  if (!loaded) return { config: ids, generation: { ...ids, ...OWN_SETTINGS } };
  const entries = Object.entries(loaded.config);
  const isId = (name: string) => name.endsWith("_token_id");
  const isSetting = (name: string) =>
    Object.hasOwn(generationFields.shape, name) || Object.hasOwn(NEUTRAL, name);
  const choose = (chosen: (name: string) => boolean) =>
    Object.fromEntries(entries.filter(([name]) => chosen(name)));
  return {
    config: { ...ids, ...choose((name) => isId(name) || !isSetting(name)) },
    generation: { ...ids, ...choose(isId), ...loaded.generation ?? choose(isSetting) },
  };
}

function orNull(id: number): number | null {
  return id < 0 ? null : id;
}
