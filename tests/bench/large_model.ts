/**
 * A model of real size for the bench: the shape of TinyLlama-1.1B with random weights, as a GGUF file that this project and
 * llama.cpp read.
 *
 * @module
 */
import { writeGgufModel } from "../../src/model/files/gguf/write.ts";
import { type ModelShape, resolveConfig, WeightLayout } from "../../src/model/mod.ts";
import type { ParameterPieces } from "../../src/model/weights/stream_weights.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { Random } from "../../src/base/random.ts";
import { mobyDick as moby } from "../support/moby_dick.ts";

/** TinyLlama-1.1B. */
const tinyLlama = {
  dim: 2048,
  layers: 22,
  heads: 32,
  kvHeads: 4,
  hidden: 5632,
  vocabSize: 32000,
  context: 2048,
  normEps: 1e-5,
  ropeTheta: 10000,
} as const satisfies ModelShape;

/**
 * Returns the shape: TinyLlama's, with the changes that `given` names, such as `dim=512,layers=4`.
 *
 * @throws {Error} for a name that is no size of the shape, or a value that is no whole number
 */
export function largeShape(given = ""): ModelShape {
  const changes = given.split(",").filter(Boolean).map((change): [string, number] => {
    const [name, value] = change.split("=");
    if (!Object.hasOwn(tinyLlama, name) || !Number.isInteger(Number(value))) {
      const names = Object.keys(tinyLlama).join(", ");
      throw new Error(
        `--large takes sizes such as dim=512,layers=4 (of ${names}), current part is ${change}`,
      );
    }
    return [name, Number(value)];
  });
  return { ...tinyLlama, ...Object.fromEntries(changes) };
}

/** Returns the number of weights of a shape. */
export function weightsOf(shape: ModelShape): number {
  const { parameters } = new WeightLayout(resolveConfig(shape));
  return parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** Numbers in a part of a tensor. */
const partSize = 2 ** 22;

/** Writes a model of random weights: matrices of normal(0, 0.02), which repeat after 2^22 numbers, and norms of ones. */
export async function writeLargeModel(path: string, shape: ModelShape, type: "F16" | "Q8_0"): Promise<void> {
  const config = resolveConfig(shape);
  const random = new Random(1);
  const pool = Float32Array.from({ length: partSize }, () => 0.02 * random.normal());
  const { parameters } = new WeightLayout(config);
  const pieces = async function* (): AsyncGenerator<ParameterPieces> {
    for (const parameter of parameters) {
      await Promise.resolve();
      yield { parameter, data: () => numbersOf(parameter.shape, config.dim / config.heads, pool) };
    }
  };
  const tokenizer = await Tokenizer.train([moby.slice(0, 100_000)], { vocabSize: 500 }); // llama.cpp wants one
  await writeGgufModel(path, { name: "bench", config, tokenizer, type }, parameters, pieces());
}

/** Yields the numbers of a tensor in parts of whole heads. */
async function* numbersOf(
  shape: readonly number[],
  headDim: number,
  pool: Float32Array<ArrayBuffer>,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  await Promise.resolve();
  if (shape.length === 1) return yield new Float32Array(shape[0]).fill(1);
  const [rows, cols] = shape;
  const step = Math.max(1, Math.floor(partSize / cols / headDim)) * headDim;
  for (let row = 0; row < rows; row += step) yield pool.slice(0, Math.min(step, rows - row) * cols);
}
