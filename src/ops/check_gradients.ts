/**
 * Running an op on its own: for tests, and for whoever writes one.
 *
 * @module
 */
import { type Device, type DType, Recorder, type Save, Tensor } from "../gpu/mod.ts";

/** Numbers with a shape. */
export interface Values {
  /** Dimensions. */
  shape: readonly number[];
  /** The numbers, row-major. */
  data: Float32Array | Uint32Array | Int32Array;
}

/** Puts numbers on the GPU; with `gradient` the tensor is a weight whose gradient is summed beside it. */
export function upload(device: Device, name: string, values: Values, gradient = false): Tensor {
  const { data } = values;
  const dtype: DType = data instanceof Float32Array ? "f32" : data instanceof Uint32Array ? "u32" : "i32";
  const place = (suffix: string) => {
    const label = `check: ${name}${suffix}`;
    const buffer = device.buffer(label, data.byteLength);
    return new Tensor(label, values.shape, dtype, { name: label, bytes: data.byteLength, buffer, offset: 0 });
  };
  const tensor = place("");
  device.write(tensor.storage.buffer!, data as Float32Array<ArrayBuffer>);
  if (gradient) tensor.gradSum = place(" gradient");
  return tensor;
}

/** Reads tensors back as floats. */
export async function readTensor(
  device: Device,
  tensors: readonly Tensor[],
): Promise<Float32Array<ArrayBuffer>[]> {
  return (await device.read(tensors.map((t) => t.range()))).map((bytes) => new Float32Array(bytes));
}

/** An op under test: records it on its inputs and gives its output. */
export type OpUnderTest = (r: Recorder, inputs: Record<string, Tensor>) => Tensor;

/** What {@linkcode runOp} found. */
export interface OpResult {
  /** The output. */
  y: Float32Array<ArrayBuffer>;
  /** The gradient of sum(y dy) for each input that has one. */
  gradients: Record<string, Float32Array<ArrayBuffer>>;
}

/**
 * Runs an op forward and, when `dy` is given, backward.
 *
 * @param weights names of the inputs that are weights: their gradient is what kernels add to `gradSum`
 */
export async function runOp(
  device: Device,
  op: OpUnderTest,
  inputs: Record<string, Values>,
  options: { dy?: Float32Array; weights?: readonly string[]; save?: Save } = {},
): Promise<OpResult> {
  const { dy, weights = [] } = options;
  const owned: GPUBuffer[] = [];
  const put = (name: string, values: Values, gradient = false) => {
    const tensor = upload(device, name, values, gradient);
    owned.push(tensor.storage.buffer!);
    if (tensor.gradSum) owned.push(tensor.gradSum.storage.buffer!);
    return tensor;
  };
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([n, v]) => [n, put(n, v, weights.includes(n))]),
  );
  const r = new Recorder(device, options.save ?? "all", dy !== undefined);
  const y = op(r, tensors);
  if (dy) {
    y.grad = put("dy", { shape: y.shape, data: dy });
    r.backward();
  }
  const found = Object.entries(tensors).flatMap(([name, t]) => {
    const gradient = t.gradSum ?? t.grad;
    return gradient ? [{ name, gradient }] : [];
  });
  const program = await r.compile("check", [y, ...found.map((f) => f.gradient)]);
  try {
    program.replay();
    const [out, ...rest] = await readTensor(device, [y, ...found.map((f) => f.gradient)]);
    return { y: out, gradients: Object.fromEntries(found.map((f, i) => [f.name, rest[i]])) };
  } finally {
    program.dispose();
    for (const buffer of owned) device.free(buffer);
  }
}

/** How far the gradients of an op are from finite differences. */
export interface GradientCheck {
  /** Input with the largest deviation. */
  worst: string;
  /** Largest deviation, relative to the largest gradient of that input. */
  error: number;
}

/**
 * Compares an op's gradients with central differences of sum(y dy) in every direction of a few random ones.
 *
 * @param inputs f32 inputs are checked; others are passed on
 * @param options.step size of the difference (default 1e-2; f32 rounding limits it below)
 */
export async function checkGradients(
  device: Device,
  op: OpUnderTest,
  inputs: Record<string, Values>,
  options: { dy: Float32Array; weights?: readonly string[]; save?: Save; step?: number; directions?: number },
): Promise<GradientCheck> {
  const { dy, step = 1e-2, directions = 3 } = options;
  const { gradients } = await runOp(device, op, inputs, options);
  let result: GradientCheck = { worst: "", error: 0 };
  for (const [name, gradient] of Object.entries(gradients)) {
    for (let n = 0; n < directions; n++) {
      const direction = gradient.map((g, i) => Math.sin(12.9898 * (i + 1) * (n + 1)) + Math.sign(g)); // never blind to g
      const along = async (sign: number) => {
        const moved = (inputs[name].data as Float32Array).map((x, i) => x + sign * step * direction[i]);
        const { y } = await runOp(device, op, {
          ...inputs,
          [name]: { shape: inputs[name].shape, data: moved },
        });
        return y.reduce((sum, v, i) => sum + v * dy[i], 0);
      };
      const wanted = (await along(1) - await along(-1)) / (2 * step);
      const got = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      const size = gradient.reduce((sum, g, i) => sum + Math.abs(g * direction[i]), 0) || 1;
      const error = Math.abs(got - wanted) / size;
      if (!(error <= result.error)) result = { worst: name, error };
      if (Number.isNaN(error)) return result;
    }
  }
  return result;
}
