/**
 * Compiles every kernel that models and ops run, on the card that the environment names, and puts markers around what the
 * driver writes about each.
 *
 *     deno run -A tests/isa/compile_all.ts FAMILY
 *
 * No kernel is listed here: models of several shapes train, score and generate, and the pipelines that they make are
 * watched. Nothing runs on a card that is not there, so what is read back are zeros.
 *
 * @module
 */
import { type Device, type KernelFamily, openDevice, Recorder } from "../../src/gpu/mod.ts";
import { Model, type ModelShape, TrainingStep } from "../../src/model/mod.ts";
import {
  candidates,
  kernelTable,
  matmul,
  rope,
  ropeAngles,
  runOp,
  softmax,
  useKernelTable,
} from "../../src/ops/mod.ts";
import { storedMatrix } from "../support/stored_weights.ts";
import { watchPipelines } from "./watch_pipelines.ts";

/** Head sizes 32, 64, 96 and 128, with grouped heads and without, and a shape in which nothing is even. */
const shapes: readonly ModelShape[] = [
  { dim: 128, layers: 1, heads: 4, kvHeads: 2, hidden: 352, vocabSize: 1024, context: 256 },
  { dim: 128, layers: 1, heads: 2, hidden: 352, vocabSize: 1024, context: 256 },
  { dim: 192, layers: 1, heads: 2, kvHeads: 1, hidden: 512, vocabSize: 1024, context: 256 },
  { dim: 256, layers: 1, heads: 2, hidden: 704, vocabSize: 1024, context: 256 },
  { dim: 66, layers: 1, heads: 3, kvHeads: 1, hidden: 91, vocabSize: 301, context: 61 },
];

const adamW = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };

function ids(count: number, below: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => i * 37 % below);
}

/** Compiles training with each kernel of the matrix product, then scores, and generates one text and three at once. */
async function useModel(device: Device, shape: ModelShape, dtype: "f32" | "f16"): Promise<void> {
  using model = await Model.create(shape, { device, dtype });
  const { context, vocabSize } = model.config;
  const { family, matmul } = kernelTable(device);
  for (const choice of candidates[family]) {
    const all = Object.fromEntries(Object.keys(matmul).map((product) => [product, choice])) as typeof matmul;
    useKernelTable(device, { family, matmul: all });
    (await TrainingStep.create(model, { microBatch: 4, context, save: "linear", ...adamW })).dispose();
  }
  const lora = { rank: 8, alpha: 16, targets: ["q_proj", "down_proj"] as const, seed: 1 };
  (await TrainingStep.create(model, { microBatch: 4, context, save: "all", ...adamW, lora })).dispose();
  const text = (length: number) => ids(length, vocabSize);
  await model.scoreBatch([[text(20), text(3)]]);
  await model.generate(text(40), { maxTokens: 2 }).ids();
  await model.generateBatch([3, 9, 20].map(text), { maxTokens: 2 });
}

/** Compiles the ops that no model uses. */
async function useOps(device: Device): Promise<void> {
  const zeros = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
  for (const cols of [64, 19]) {
    await runOp(device, (r, { x }) => softmax(r, x), { x: zeros(5, cols) }, { dy: zeros(5, cols).data });
  }
  const rows = {
    x: zeros(8, 64),
    positions: { shape: [8], data: ids(8, 8) },
    angles: { shape: [8, 2, 16], data: ropeAngles(8, 32, 1e4) },
  };
  const settings = { heads: 2, headDim: 32, layout: "interleaved" } as const;
  await runOp(
    device,
    (r, { x, positions, angles }) => rope(r, x, { positions, angles, ...settings }),
    rows,
    { dy: zeros(8, 64).data },
  );
}

/** Compiles products by weights of every type, of few rows and of so many that bytes are unpacked. */
async function useWeights(device: Device): Promise<void> {
  const put = (rows: number, cols: number, dtype: "f32" | "f16" | "q8") =>
    storedMatrix(device, "weights", [rows, cols], dtype, new Float32Array(rows * cols)).tensor;
  for (const activations of device.f16 ? ["f32", "f16"] as const : ["f32"] as const) {
    for (const weights of ["f32", "f16", "q8"] as const) {
      for (const rows of [1, 4, 7, 8]) {
        const r = new Recorder(device, "all", false);
        const c = r.tensor("c", [rows, 96], activations);
        matmul(r, "nt", put(rows, 64, activations), put(96, 64, weights), c);
        (await r.compile("weights")).dispose();
      }
    }
  }
}

const device = await openDevice({ family: Deno.args[0] as KernelFamily });
watchPipelines(device);
for (const dtype of device.f16 ? ["f32", "f16"] as const : ["f32"] as const) {
  for (const shape of shapes) await useModel(device, shape, dtype);
}
await useOps(device);
await useWeights(device);
device.close();
