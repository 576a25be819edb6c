// Products of one to nine rows with weights of every type, compared with float64 in plain loops, in every family, with and
// without 64-bit loads and half precision; sizes that no unit divides, and strides.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { type Device, openDevice, Recorder } from "../../../src/gpu/mod.ts";
import { matmul } from "../../../src/ops/mod.ts";
import { families, half, testDevice } from "../../support/device.ts";
import { maxError } from "../../support/golden.ts";
import { type StoredMatrix, storedMatrix } from "../../support/stored_weights.ts";

const random = new Random(11);
const noise = (n: number) => Float32Array.from({ length: n }, () => random.normal());

/** Returns x W^T in float64. */
function reference([M, N, K]: readonly number[], x: Float32Array, w: Float32Array): Float32Array {
  return Float32Array.from({ length: M * N }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += x[Math.floor(at / N) * K + k] * w[at % N * K + k];
    return sum;
  });
}

/** Reads a matrix of f32 or f16 whose rows may be apart. */
async function read(device: Device, { tensor }: StoredMatrix): Promise<Float32Array> {
  const [bytes] = await device.read([tensor.range()]);
  const numbers = tensor.dtype === "f16" ? new Float16Array(bytes) : new Float32Array(bytes);
  return Float32Array.from({ length: tensor.size }, (_, i) => {
    return numbers[Math.floor(i / tensor.cols) * tensor.stride + i % tensor.cols];
  });
}

const devices: Record<string, () => Promise<Device>> = Object.fromEntries(
  families.map((family) => [family, () => testDevice(family)]),
);
if (families.includes("subgroup")) {
  devices["subgroup without 64-bit loads"] = () => openDevice({ without: ["int64"] });
  devices["subgroup without half precision"] = () => openDevice({ without: ["f16"] });
}
devices["shared without half precision"] = () => {
  return openDevice({ family: "shared", without: ["f16", "subgroups", "int64"] });
};

const types = [["f32", "f32"], ["f32", "f16"], ["f16", "f16"], ["f32", "q8"], ["f16", "q8"]] as const;
const sizes = [[1, 67, 96], [2, 33, 160], [3, 5, 40], [4, 21, 20], [5, 8, 19], [6, 3, 3], [7, 66, 64], [
  8,
  9,
  32,
], [
  9,
  34,
  64,
]] as const;

for (const [name, open] of Object.entries(devices)) {
  for (const [typeX, typeW] of types) {
    const needsHalves = typeX === "f16"; // activations in f16 are for devices with half precision
    const without = name === "plain" || name.includes("without half");
    if (needsHalves && (without || !half)) continue;
    Deno.test(`few rows: x of ${typeX}, weights of ${typeW} (${name})`, async () => {
      const device = await open();
      for (const [M, N, K] of sizes) {
        if (typeW === "q8" && K % 32 !== 0) continue;
        for (const apart of typeW === "q8" ? [0] : [0, 8, 3]) {
          const x = storedMatrix(device, "x", [M, K], typeX, noise(M * K), K + apart);
          const w = storedMatrix(device, "w", [N, K], typeW, noise(N * K), K + apart);
          const c = storedMatrix(device, "c", [M, N], typeX, new Float32Array(M * N), N + apart);
          const r = new Recorder(device, "all", false);
          matmul(r, "nt", x.tensor, w.tensor, c.tensor);
          const program = await r.compile("test");
          program.replay();
          const error = maxError(await read(device, c), reference([M, N, K], x.numbers, w.numbers));
          assert.ok(error < (typeX === "f16" ? 6e-4 : 2e-6), `${M} ${N} ${K} ${apart}: ${error}`);
          program.dispose();
          for (const { tensor } of [x, w, c]) {
            device.free(tensor.range().buffer);
            if (tensor.scales) device.free(tensor.scales.range().buffer);
          }
        }
      }
    });
  }
}

for (
  const name of ["subgroup", "shared", "shared without half precision"].filter((name) => name in devices)
) {
  Deno.test(`ranges change no bit of products with packed weights, few rows and many (${name})`, async () => {
    const device = await devices[name]();
    const small = await openDevice({
      family: device.family,
      without: [...device.f16 ? [] : ["f16" as const], ...device.int64 ? [] : ["int64" as const]],
      maxBindingSize: 2 ** 16,
    });
    for (
      const [layout, M, dtype] of [["nt", 2, "q8"], ["nt", 9, "q8"], ["nn", 9, "q8"], [
        "nt",
        9,
        "f16",
      ]] as const
    ) {
      const [N, K] = [1002, 96];
      const values = noise(M * N);
      const weights = noise(N * K);
      const [whole, cut] = await Promise.all([device, small].map(async (device) => {
        const [rows, cols] = layout === "nt" ? [K, N] : [N, K];
        const x = storedMatrix(device, "x", [M, rows], "f32", values.subarray(0, M * rows));
        const w = storedMatrix(device, "w", [N, K], dtype, weights);
        const c = storedMatrix(device, "c", [M, cols], "f32", new Float32Array(M * cols));
        const r = new Recorder(device, "all", false);
        matmul(r, layout, x.tensor, w.tensor, c.tensor);
        const program = await r.compile("test");
        program.replay();
        return { out: await read(device, c), calls: r.calls.length, x, w };
      }));
      assert.ok(cut.calls > whole.calls, `${layout} ${M}: ${cut.calls} calls`);
      assert.deepEqual(cut.out, whole.out);
      if (layout === "nt") {
        const want = reference([M, N, K], whole.x.numbers, whole.w.numbers);
        assert.ok(maxError(whole.out, want) < 2e-6);
      } else {
        const transposed = Float32Array.from(
          { length: N * K },
          (_, i) => whole.w.numbers[i % N * K + Math.floor(i / N)],
        );
        assert.ok(maxError(whole.out, reference([M, K, N], whole.x.numbers, transposed)) < 2e-6);
      }
    }
    small.close();
  });
}
