/**
 * An open checkpoint in any format: the shape of its model, and matrices that are read a few rows at a time.
 *
 * @module
 */
import { ConfigError, FormatError } from "../../base/errors.ts";
import { elementsOf, type FileMatrix } from "../../formats/tensors/matrix.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import { checkConfig, type ModelConfig } from "../architecture/config.ts";
import type { GenerationSettings } from "../architecture/generation_settings.ts";
import { type ParameterLayout, WeightLayout } from "./weight_layout.ts";

/** An open checkpoint. */
export interface WeightSource {
  /** The file or folder, for messages. */
  readonly file: string;
  /** The shape of the model. */
  readonly config: ModelConfig;
  /** The weights in Hugging Face's names and layout. */
  readonly tensors: ReadonlyMap<string, FileMatrix>;
  /** Ids with a role and sampling settings, of formats that have files for them. */
  readonly settings?: GenerationSettings;
  /** Remarks that users should see, such as a field that the weights contradict. */
  readonly notes?: readonly string[];
  /** Reads the tokenizer that is stored with the weights, if there is one. */
  tokenizer(): Promise<Tokenizer | undefined>;
  /** Closes its files. */
  close(): void;
}

/** Tensors of some files that no model needs: the frequencies follow from `ropeTheta`. */
const derivedTensors = /(^|\.)(rotary_emb\.inv_freq|rope\.freqs)$/;

/**
 * Returns the weights of a source, once every parameter of its model is there in its shape, and nothing else. Call it
 * before memory is allocated for them.
 *
 * @throws {FormatError} naming the tensor
 */
export function checkWeights({ file, config, tensors }: WeightSource): Map<string, FileMatrix> {
  const weights = new Map([...tensors].filter(([name]) => !derivedTensors.test(name)));
  if (config.tieEmbeddings) weights.delete("lm_head.weight"); // the same numbers as the table
  if (config.layers > weights.size) {
    throw new FormatError(`the config asks for ${config.layers} blocks, there are ${weights.size} tensors`, {
      file,
    });
  }
  checkMatrices(new WeightLayout(config), weights, file);
  return weights;
}

/**
 * Checks that every parameter is there in its whole shape, and nothing else.
 *
 * @throws {FormatError} naming the tensor
 */
export function checkMatrices(
  { parameters }: ParameterLayout,
  matrices: ReadonlyMap<string, FileMatrix>,
  file: string,
): void {
  const names = new Set(parameters.map(({ name }) => name));
  for (const [name, matrix] of matrices) {
    if (!names.has(name)) {
      throw new FormatError(`tensor ${name} has no place in this model`, { file: matrix.file });
    }
  }
  for (const { name, part, shape: held } of parameters) {
    const shape = part?.shape ?? held;
    const matrix = matrices.get(name);
    if (!matrix) throw new FormatError(`tensor ${name} is missing`, { file });
    if (matrix.shape.join() === shape.join()) continue;
    throw new FormatError(
      `tensor ${name} is [${matrix.shape.join(", ")}], the config asks for [${shape.join(", ")}]`,
      { file: matrix.file },
    );
  }
}

/**
 * Returns the configuration of a file once its numbers fit together.
 *
 * @throws {FormatError} naming the file
 */
export function checkedConfig(config: ModelConfig, file: string): ModelConfig {
  try {
    checkConfig(config);
    return config;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new FormatError(cause.message, { file, cause });
  }
}

/** Numbers that are compared at once. [ours] */
const comparedAtOnce = 4e6;

/** Returns true when there are two matrices with different numbers; reads them up to the first difference. */
export async function matricesDiffer(a: FileMatrix | undefined, b: FileMatrix | undefined): Promise<boolean> {
  if (!a || !b) return false;
  if (a.shape.join() !== b.shape.join()) return true;
  const rows = a.shape[0];
  const step = Math.max(1, Math.floor(comparedAtOnce / Math.max(1, elementsOf(a.shape.slice(1)))));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const [x, y] = await Promise.all([a.read(row, count), b.read(row, count)]);
    if (x.some((value, i) => value !== y[i])) return true;
  }
  return false;
}
