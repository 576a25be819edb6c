/**
 * Every op at the shapes of the bench model: each of its kernels, forward and backward, measured alone.
 *
 * Ops are recorded as the model records them: the list names ops and shapes, and no kernels.
 *
 * @module
 */
import { Random } from "../../src/base/random.ts";
import { type Call, type Device, nameOfCall, Program, Recorder, type Tensor } from "../../src/gpu/mod.ts";
import { Batch } from "../../src/model/mod.ts";
import * as ops from "../../src/ops/mod.ts";
import { type Figure, figureOf, type Section } from "./figure.ts";
import { benchBatch, benchShape, makeStart, startRows } from "./start.ts";
import { measure, type Yardsticks } from "./yardsticks.ts";

const { dim: D, heads, hidden: F, vocabSize: V, context: T } = benchShape;
const E = D / heads;
const R = benchBatch * T;

/** The inputs of an op. */
interface Inputs {
  /** Makes a tensor of random numbers; with `gradient` a weight whose gradient is summed. */
  x(shape: number[], gradient?: boolean): Tensor;
  /** The bench batch. */
  batch: Batch;
}

/** A function that records an op and returns its output where it has a backward. */
type Op = (r: Recorder, inputs: Inputs) => Tensor | void;

const linear = (columns: number, rows: number): Op => (r, { x }) =>
  ops.linear(r, "y", x([R, columns]), x([rows, columns], true));

const loss = ({ x, batch }: Inputs) => ({ targets: batch.targets, scale: x([1]), nll: x([R]) });

/** The ops by name; shapes are those of a training step on the bench model. */
const list: Record<string, Op> = {
  "embedding": (r, { x, batch }) => ops.embedding(r, batch.tokens, x([V, D], true)),
  "rmsnorm": (r, { x }) => ops.rmsnorm(r, x([R, D]), x([D], true), benchShape.normEps),
  "linear qkv": linear(D, 3 * D),
  "linear wo": linear(D, D),
  "linear w13": linear(D, 2 * F),
  "linear w2": linear(F, D),
  "rope": (r, { x, batch }) => {
    const angles = x([T, E / 2, 2]);
    const { positions } = batch;
    return ops.rope(r, x([R, 3 * D]), { positions, angles, heads: 2 * heads, headDim: E });
  },
  "attention": (r, { x, batch }) => {
    const shape = { batch: benchBatch, queries: T, heads, kvHeads: heads, headDim: E };
    return ops.attention(r, { qkv: x([R, 3 * D]), spans: batch.spans }, shape);
  },
  "add": (r, { x }) => ops.add(r, x([R, D]), x([R, D])),
  "swiglu": (r, { x }) => ops.swiglu(r, x([R, 2 * F])),
  "softmax": (r, { x }) => ops.softmax(r, x([R, V])),
  "argmax": (r, { x }) => ops.argmax(r, x([R, V]), r.tensor("best", [R], "u32")),
  "cross-entropy": (r, inputs) => ops.crossEntropy(r, inputs.x([R, V]), loss(inputs)),
  "loss sum": (r, { x }) => ops.lossSum(r, x([R]), x([8]), x([1])),
  "norm and clipping": (r, { x }) => ops.finishStep(r, [x([arena])], stepState(x)),
  "AdamW": (r, { x }) => {
    const parts = {
      weights: [x([arena])],
      gradients: [x([arena])],
      m: [x([arena])],
      v: [x([arena])],
      decayed: arena,
    };
    ops.adamw(r, parts, stepState(x), { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 });
  },
  "cache": (r, { x, batch }) => {
    ops.cacheRows(r, x([T, 3 * D]), D, x([T, 2 * D]), batch.positions.view("slots", [T]));
  },
};

/** About the weights of the bench model, 2^20. */
const arena = 2 ** 20;

const stepState = (x: Inputs["x"]) => ({ step: x([8]), loss: x([1]), control: x([2]), ring: x([256, 4]) });

/** All ops. */
export async function opsSection(device: Device, yardsticks: Yardsticks): Promise<Section> {
  const figures: Figure[] = [];
  for (const [name, op] of Object.entries(list)) {
    figures.push(...await measureOp(device, name, op, yardsticks));
  }
  const about =
    "Kernels at the bench model's shapes, forward and backward. GFLOP/s are shares of the arithmetic " +
    "peak; GB/s (every tensor of the call moved once) are shares of the speed of a copy.";
  return { name: "Ops", about, figures };
}

async function measureOp(device: Device, name: string, op: Op, yardsticks: Yardsticks): Promise<Figure[]> {
  const owned: GPUBuffer[] = [];
  const random = new Random(1);
  const batch = new Batch(device, "bench", benchBatch, T, V);
  batch.fill(startRows(makeStart()));
  const x = (shape: number[], gradient = false): Tensor => {
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => random.uniform() - 0.5,
    );
    const tensor = ops.upload(device, "x", { shape, data }, gradient);
    owned.push(tensor.storage.buffer!, ...tensor.gradSum ? [tensor.gradSum.storage.buffer!] : []);
    return tensor;
  };
  const r = new Recorder(device);
  const y = op(r, { x, batch });
  if (y) {
    y.grad = x([...y.shape]);
    r.backward();
  }
  const program = await r.compile("bench: op");
  const found: Figure[] = [];
  try {
    program.replay();
    const kernels = new Map(program.calls.map((call) => [nameOfCall(call), call]));
    for (const call of kernels.values()) found.push(await measureCall(device, name, call, yardsticks));
  } finally {
    program.dispose();
    batch.dispose();
    for (const buffer of owned) device.free(buffer);
  }
  return found;
}

/** Returns one call of a compiled program, whose tensors have their memory, as a program. */
async function measureCall(device: Device, op: string, call: Call, yardsticks: Yardsticks): Promise<Figure> {
  const alone = await Program.compile(device, "bench: call", [call], [], () => "Close other programs");
  const name = `${op}: ${nameOfCall(call)}`;
  const bytes = [...new Set(Object.values(call.args))].reduce((sum, tensor) => sum + tensor.bytes, 0);
  const speed = call.flop
    ? await measure(alone, call.flop, yardsticks.peak, 5)
    : await measure(alone, bytes, yardsticks.copy, 5);
  alone.dispose();
  return figureOf(name, call.flop ? "GFLOP/s" : "GB/s", speed);
}
