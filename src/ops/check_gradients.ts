/**
 * Runs an op on its own and compares its gradients with finite differences, for tests and for authors of ops.
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

/**
 * Copies numbers to the GPU and returns their tensor. With `gradient` the tensor is a weight: its `gradSum` is a second
 * tensor of zeros. Both take the memory of the device until `device.free` frees their buffers.
 */
export function upload(device: Device, name: string, values: Values, gradient = false): Tensor {
  const { data } = values;
  const dtype: DType = data instanceof Float32Array ? "f32" : data instanceof Uint32Array ? "u32" : "i32";
  const place = (suffix: string) => {
    const label = `${name}${suffix}`;
    const buffer = device.buffer(label, data.byteLength);
    return new Tensor(label, values.shape, dtype, { name: label, bytes: data.byteLength, buffer, offset: 0 });
  };
  const tensor = place("");
  device.write(tensor.storage.buffer!, data as Float32Array<ArrayBuffer>);
  if (gradient) tensor.gradSum = place(" gradient");
  return tensor;
}

/** Reads f32 tensors back, in one wait for the GPU. */
export async function readTensor(
  device: Device,
  tensors: readonly Tensor[],
): Promise<Float32Array<ArrayBuffer>[]> {
  return (await device.read(tensors.map((t) => t.range()))).map((bytes) => new Float32Array(bytes));
}

/** An op under test: it records its calls on the inputs and returns its output. */
export type OpUnderTest = (r: Recorder, inputs: Record<string, Tensor>) => Tensor;

/** The result of {@linkcode runOp}. */
export interface OpResult {
  /** The output. */
  y: Float32Array<ArrayBuffer>;
  /** The gradient of sum(y dy) by each input that has one. */
  gradients: Record<string, Float32Array<ArrayBuffer>>;
}

/**
 * Runs an op forward and, with `options.dy`, backward.
 *
 * @param options.dy the gradient of the output, as many numbers as the output has
 * @param options.weights names of the inputs that are weights: their gradients are summed in `gradSum`
 * @param options.save the policy of the recorder, default `all`
 * @throws {DeviceError} for a kernel that does not compile
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

/** The deviation of an op's gradients from finite differences. */
export interface GradientCheck {
  /** Input with the largest deviation. */
  worst: string;
  /** Largest deviation of a directional derivative, relative to the sum of the sizes of its terms. */
  error: number;
}

/**
 * Compares an op's gradients with central differences of sum(y dy) along a few directions per input.
 *
 * @param inputs inputs with a gradient are checked, the others only passed on
 * @param options.dy the gradient of the output, as many numbers as the output has
 * @param options.weights names of the inputs that are weights: their gradients are summed in `gradSum`
 * @param options.step size of the difference, default 1e-2; rounding in f32 forbids much smaller ones
 * @param options.directions directions per input, default 3
 * @returns the input with the largest deviation; the tests of this package accept errors below 2e-3
 */
export async function checkGradients(
  device: Device,
  op: OpUnderTest,
  inputs: Record<string, Values>,
  options: { dy: Float32Array; weights?: readonly string[]; save?: Save; step?: number; directions?: number },
): Promise<GradientCheck> {
  const { dy, step = 1e-2, directions = 3 } = options;
  const { gradients } = await runOp(device, op, inputs, options);
  let largest: GradientCheck = { worst: "", error: 0 };
  for (const [name, gradient] of Object.entries(gradients)) {
    for (let n = 0; n < directions; n++) {
      const direction = gradient.map((g, i) => Math.sin(12.9898 * (i + 1) * (n + 1)) + Math.sign(g)); // no direction is orthogonal to g
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
      if (!(error <= largest.error)) largest = { worst: name, error };
      if (Number.isNaN(error)) return largest;
    }
  }
  return largest;
}
