// Row ranges: the limits that they keep, and ops on tables and matrices that have to be cut, compared bit for bit with a device
// that cuts nothing. Sizes are odd, the tables lie in one buffer or in several.
import assert from "node:assert/strict";
import { DeviceError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { type Device, type DeviceProfile, Recorder, Tensor } from "../../src/gpu/mod.ts";
import {
  argmax,
  embedding,
  matmul,
  outputLoss,
  readTensor,
  rowRanges,
  sortRows,
  swiglu,
  upload,
  type Values,
} from "../../src/ops/mod.ts";
import { families, lowDevice, testDevice } from "../support/device.ts";

const limited = (maxStorageBufferBindingSize: number) =>
  ({ limits: { maxStorageBufferBindingSize } }) as DeviceProfile;

const place = (bytes: number) => ({ name: "place", bytes, offset: 0 });
const matrix = (rows: number, cols: number, dtype: "f32" | "f16" = "f32") =>
  new Tensor("table", [rows, cols], dtype, place(rows * cols * 4));

const rangesOf = (tensor: Tensor, limit: number, unit?: number) =>
  rowRanges(limited(limit), tensor, unit).map(({ first, rows }) => [first, rows]);

Deno.test("row ranges: within the limit, at aligned bytes, in multiples of the unit", () => {
  assert.deepEqual(rangesOf(matrix(100, 64), 25_600), [[0, 100]]);
  assert.deepEqual(rangesOf(matrix(100, 64), 25_599), [[0, 99], [99, 1]]); // 256 bytes a row
  assert.deepEqual(rangesOf(matrix(100, 64), 10_000, 16), [[0, 32], [32, 32], [64, 32], [96, 4]]);
  assert.deepEqual(rangesOf(matrix(100, 65), 20_000), [[0, 64], [64, 36]]); // 64 rows of 260 bytes end at an aligned byte
  assert.deepEqual(rangesOf(matrix(300, 65, "f16"), 20_000), [[0, 128], [128, 128], [256, 44]]);
  const columns = matrix(100, 640).columns("columns", 64, 4); // rows are 2,560 bytes apart, and the last one ends early
  assert.deepEqual(rangesOf(columns, 9 * 2560 + 16), [...Array(10).keys()].map((i) => [10 * i, 10]));
  assert.deepEqual(rangesOf(columns, 9 * 2560 + 15).length, 12);
});

Deno.test("row ranges: the pieces of a tensor in several buffers, each cut by the limit", () => {
  const whole = matrix(300, 64);
  whole.pieces = [matrix(128, 64), matrix(128, 64), matrix(44, 64)];
  assert.deepEqual(rangesOf(whole, 2 ** 20), [[0, 128], [128, 128], [256, 44]]);
  assert.deepEqual(rangesOf(whole, 64 * 256), [[0, 64], [64, 64], [128, 64], [192, 64], [256, 44]]);
  const ranges = rowRanges(limited(64 * 256), whole);
  assert.equal(ranges[3].tensor.storage, whole.pieces[1].storage);
  assert.equal(ranges[3].tensor.offset, 64 * 256);
});

Deno.test("row ranges: an error names the limit, and what was wanted", () => {
  const message =
    /Cannot bind table \[100 65\]: 64 of its rows take 16640 bytes, the adapter binds at most 16000/;
  assert.throws(() => rangesOf(matrix(100, 65), 16_000), (error) => {
    assert.ok(error instanceof DeviceError);
    assert.match(error.message, message);
    assert.deepEqual([error.limit, error.wanted, error.have], [
      "maxStorageBufferBindingSize",
      16_640,
      16_000,
    ]);
    return true;
  });
});

const random = new Random(7);
const noise = (...shape: number[]): Values => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

/** Puts a matrix on a device, in buffers of at most `rows` rows. */
function put(device: Device, name: string, { shape: [rows, cols], data }: Values, most: number): Tensor {
  const parts = Array.from({ length: Math.ceil(rows / most) }, (_, i) => {
    const part = (data as Float32Array).slice(i * most * cols, (i + 1) * most * cols);
    return upload(device, name, { shape: [part.length / cols, cols], data: part });
  });
  if (parts.length === 1) return parts[0];
  const whole = new Tensor(name, [rows, cols], "f32", place(rows * cols * 4));
  whole.pieces = parts;
  return whole;
}

const partsOf = (tensor: Tensor) => tensor.pieces ?? [tensor];

/** Puts a table and an empty gradient on a device. */
function putTable(device: Device, values: Values, most: number): Tensor {
  const table = put(device, "table", values, most);
  const { shape, data } = values;
  table.gradSum = put(device, "gradient", { shape, data: (data as Float32Array).map(() => 1) }, most);
  return table;
}

/** Compiles and runs what `record` records, and reads the tensors that it returns. */
async function run(device: Device, record: (r: Recorder) => Tensor[]): Promise<number[][]> {
  const r = new Recorder(device);
  const out = record(r);
  const program = await r.compile("test", out);
  program.replay();
  const found = await readTensor(device, out.filter(({ dtype }) => dtype === "f32"));
  const ids = await device.read(out.filter(({ dtype }) => dtype === "u32").map((t) => t.range()));
  program.dispose();
  return [...found, ...ids.map((bytes) => new Uint32Array(bytes))].map((data) => [...data]);
}

const [V, D, R, F] = [301, 20, 45, 132];
const table = noise(V, D);
const x = noise(R, D);
const dy = noise(R, D);
const wide = noise(R, 2 * F);
const tall = noise(104, 64); // 78 of its rows can be bound, and 64 are
const ids = Uint32Array.from({ length: R }, () => random.below(V));
const targets = Int32Array.from({ length: R }, (_, i) => i % 7 === 0 ? -100 : random.below(V));

/** The ops by name, each on a device and with tables in buffers of at most so many rows. */
const ops: Record<string, (device: Device, most: number) => (r: Recorder) => Tensor[]> = {
  embedding: (device, most) => (r) => {
    const weight = putTable(device, table, most);
    const host = { ids, tokens: new Uint32Array(R), runs: new Uint32Array(R + 1), order: new Uint32Array(R) };
    sortRows(ids, V, host.tokens, host.runs, host.order);
    const up = (name: keyof typeof host) =>
      upload(device, name, { shape: [host[name].length], data: host[name] });
    const rows = { ids: up("ids"), tokens: up("tokens"), runs: up("runs"), order: up("order") };
    const y = embedding(r, rows, weight);
    y.grad = upload(device, "dy", dy);
    r.backward();
    return [y, ...partsOf(weight.gradSum!)];
  },

  "loss and argmax": (device, most) => (r) => {
    const weight = putTable(device, table, most);
    const input = {
      targets: upload(device, "targets", { shape: [R], data: targets }),
      scale: upload(device, "scale", { shape: [1], data: Float32Array.of(1 / R) }),
      nll: r.tensor("nll", [R]),
      best: r.tensor("best", [R], "u32"),
    };
    const activations = upload(device, "x", x);
    outputLoss(r, activations, weight, input);
    r.backward();
    return [input.nll, input.best, activations.grad!, ...partsOf(weight.gradSum!)];
  },

  "argmax of given logits": (device) => (r) => {
    const best = r.tensor("best", [R], "u32");
    argmax(r, upload(device, "x", wide), best);
    return [best];
  },

  gate: (device) => (r) => {
    const input = upload(device, "x", wide);
    const y = swiglu(r, input);
    y.grad = upload(device, "dy", { shape: [R, F], data: (wide.data as Float32Array).slice(0, R * F) });
    r.backward();
    return [y, input.grad!];
  },

  "product over many rows": (device) => (r) => {
    const c = upload(device, "c", { shape: [64, 64], data: new Float32Array(64 * 64).fill(1) });
    matmul(r, "tn", upload(device, "a", tall), upload(device, "b", tall), c, true);
    return [c];
  },

  "product with a table": (device, most) => (r) => {
    const even = { shape: [V - 1, D], data: (table.data as Float32Array).slice(D) }; // of odd lines 64 have to fit
    const weight = putTable(device, even, most);
    const logits = r.tensor("logits", [R, V - 1]);
    const back = r.tensor("back", [R, D]);
    const a = upload(device, "x", x);
    matmul(r, "nt", a, weight, logits);
    matmul(r, "nn", logits, weight, back);
    matmul(r, "tn", logits, a, weight.gradSum!, true);
    return [logits, back, ...partsOf(weight.gradSum!)];
  },
};

for (const family of families) {
  for (const [name, record] of Object.entries(ops)) {
    Deno.test(`row ranges: ${name} has the bits of a device that cuts nothing (${family})`, async () => {
      const whole = await testDevice(family);
      const want = (await run(whole, record(whole, V))).flat();
      const device = await lowDevice(family, { maxStorageBufferBindingSize: 20_000 }); // the table takes 24,080
      for (const most of [V, 128]) {
        const got = (await run(device, record(device, most))).flat();
        assert.deepEqual(got, want, `in buffers of ${most} rows`);
      }
      device.close();
    });
  }
}
