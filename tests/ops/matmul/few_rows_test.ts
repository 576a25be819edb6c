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
