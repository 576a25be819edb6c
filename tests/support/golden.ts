/**
 * The golden numbers of tests/golden: PyTorch in float64, with the tolerances of its README.
 *
 * The reader shares no code with src/formats, so that neither hides mistakes of the other.
 *
 * @module
 */
import assert from "node:assert/strict";

const root = new URL("../golden/", import.meta.url);

/** Reads a JSON file of the golden folder. */
export function goldenJson<T>(path: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(path, root)));
}

/** Returns the path of a golden file or folder. */
export function goldenPath(path: string): string {
  return new URL(path, root).pathname;
}

/** Numbers with a shape. */
export interface GoldenTensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
  ints: Int32Array<ArrayBuffer>;
}

/** Reads all tensors of a golden safetensors file; `ints` is the same memory as I32. */
export function goldenTensors(path: string): Map<string, GoldenTensor> {
  const bytes = Deno.readFileSync(new URL(path, root));
  const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  delete header.__metadata__;
  const entries = Object.entries(
    header as Record<string, { shape: number[]; data_offsets: [number, number] }>,
  );
  return new Map(entries.map(([name, { shape, data_offsets: [from, to] }]) => {
    const raw = bytes.slice(8 + size + from, 8 + size + to).buffer;
    return [name, { shape, data: new Float32Array(raw), ints: new Int32Array(raw) }];
  }));
}

/** Returns the largest |got - want| divided by the largest |want|. */
export function maxError(got: Float32Array, want: Float32Array): number {
  assert.equal(got.length, want.length, "lengths differ");
  let error = 0;
  let largest = 0;
  got.forEach((g, i) => {
    const difference = Math.abs(g - want[i]);
    assert.ok(Number.isFinite(difference), `element ${i} is ${g}, want ${want[i]}`);
    error = Math.max(error, difference);
    largest = Math.max(largest, Math.abs(want[i]));
  });
  return largest ? error / largest : error;
}

/** Returns |got - want| / |want| in the Euclidean norm. */
export function l2Error(got: Float32Array, want: Float32Array): number {
  assert.equal(got.length, want.length, "lengths differ");
  let error = 0;
  let size = 0;
  got.forEach((g, i) => {
    error += (g - want[i]) ** 2;
    size += want[i] ** 2;
  });
  return Math.sqrt(error) / (Math.sqrt(size) || 1);
}
