/**
 * What low-rank adaptation can be told (Hu et al. 2021).
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";

/** The matrices that can be adapted, by their names in Hugging Face checkpoints. */
export const LORA_TARGETS = [
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
] as const;

/** A matrix of each block that can be adapted. */
export type LoraTarget = typeof LORA_TARGETS[number];

/** Low-rank adaptation: the weights stay as they are, W = W0 + alpha / rank B A, and only A and B are trained. */
export interface LoraOptions {
  /** Rows of A and columns of B. Default 8. */
  rank?: number;
  /** The product B A counts alpha / rank times. Default 16. */
  alpha?: number;
  /**
   * Which matrices of each block. Default `q_proj` and `v_proj`, the paper's choice and PEFT's for LLaMA: a frozen copy of
   * what is adapted is kept, so few targets are what saves memory. All seven come nearer to full tuning (Dettmers et
   * al. 2023).
   */
  targets?: readonly LoraTarget[];
}

/** {@linkcode LoraOptions} with defaults filled in; targets in the order of a block. */
export interface LoraSettings {
  /** Rows of A and columns of B. */
  rank: number;
  /** The product B A counts alpha / rank times. */
  alpha: number;
  /** Which matrices of each block. */
  targets: readonly LoraTarget[];
}

const whole = "must be a whole number, at least 1";
const targets = z.array(
  z.enum(LORA_TARGETS, `must be of ${LORA_TARGETS.join(", ")}`),
  "must be a list of matrices",
)
  .min(1, "must name at least one matrix");

const schema = optionsSchema<LoraOptions>()(z.strictObject({
  rank: z.number(whole).int(whole).min(1, whole).optional(),
  alpha: z.number("must be a number above 0").positive("must be above 0").optional(),
  targets: targets.readonly().optional(),
}));

/**
 * The settings that an option asks for; undefined for none.
 *
 * @param path where it stands, for errors
 * @throws {ConfigError} for a rank, an alpha or targets that cannot be
 */
export function loraSettings(
  given: boolean | LoraOptions | undefined,
  path = "lora",
): LoraSettings | undefined {
  if (!given) return undefined;
  const { rank = 8, alpha = 16, targets = ["q_proj", "v_proj"] } = given === true
    ? {}
    : parseOptions(schema, given, path);
  return { rank, alpha, targets: LORA_TARGETS.filter((name) => targets.includes(name)) };
}
