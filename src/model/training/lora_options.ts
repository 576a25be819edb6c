/**
 * Options of low-rank adaptation.
 *
 * The method is LoRA (Hu et al. 2021).
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

/** The name of a matrix of each block that can be adapted. */
export type LoraTarget = typeof LORA_TARGETS[number];

/** Options of low-rank adaptation: W = W0 + alpha / rank B A, where W0 stays as it is and only A and B are trained. */
export interface LoraOptions {
  /** Rows of A and columns of B. Default 8. */
  rank?: number;
  /** Numerator of alpha / rank, the factor of B A. Default 16. */
  alpha?: number;
  /**
   * The matrices of each block that are adapted. Default `q_proj` and `v_proj` [the LoRA paper]. PEFT takes them for LLaMA too, and a frozen copy of every adapted matrix is kept, so few targets save memory. All seven come nearer to full tuning
   * (Dettmers et al. 2023).
   */
  targets?: readonly LoraTarget[];
}

/** {@linkcode LoraOptions} with defaults filled in; targets in the order of a block. */
export interface LoraSettings {
  /** Rows of A and columns of B. */
  rank: number;
  /** Numerator of alpha / rank, the factor of B A. */
  alpha: number;
  /** The matrices of each block that are adapted. */
  targets: readonly LoraTarget[];
}

const wholeNumber = "must be a whole number, at least 1";
const targets = z.array(
  z.enum(LORA_TARGETS, `must be of ${LORA_TARGETS.join(", ")}`),
  "must be a list of matrices",
)
  .min(1, "must name at least one matrix");

const schema = optionsSchema<LoraOptions>("LoraOptions")(z.strictObject({
  rank: z.number(wholeNumber).int(wholeNumber).min(1, wholeNumber).optional(),
  alpha: z.number("must be a number above 0").positive("must be above 0").optional(),
  targets: targets.readonly().optional(),
}));

/**
 * Returns the settings of an option: the defaults for true, undefined for false and undefined.
 *
 * @param path the option's path, for errors
 * @throws {ConfigError} for an unknown key, or a rank, an alpha or targets out of range
 */
export function loraSettings(
  option: boolean | LoraOptions | undefined,
  path = "lora",
): LoraSettings | undefined {
  if (!option) return undefined;
  const { rank = 8, alpha = 16, targets = ["q_proj", "v_proj"] } = option === true
    ? {}
    : parseOptions(schema, option, path);
  return { rank, alpha, targets: LORA_TARGETS.filter((name) => targets.includes(name)) };
}
