// The tuner on small products: its measurements, its file, its checks, and the cases in which the table stays.
import assert from "node:assert/strict";
import { type Device, openDevice } from "../../../src/gpu/mod.ts";
import {
  type Extents,
  kernelTable,
  type ShapeClass,
  type Size,
  tune,
  type TuneOptions,
  Tuning,
  type TuningRecord,
} from "../../../src/ops/mod.ts";
import { agrees } from "../../../src/ops/matmul/compare_kernels.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { needs } from "../../support/needs.ts";

const extents: Record<Size, Extents> = {
  low: [8, 24, 16],
  small: [16, 40, 8],
  medium: [24, 40, 16],
  large: [72, 72, 8],
};
const quick: TuneOptions = { measure: true, extents, among: ["plain", "shared 64x64"] };

/** Runs with an empty cache folder, on devices that are closed afterwards. */
async function withEmptyCache(
  run: (open: () => Promise<Device>, home: string) => Promise<void>,
): Promise<void> {
  const opened: Device[] = [];
  try {
    await inFolder(async (folder) => {
      const open = async () => {
        const device = await openDevice({ family: "shared" });
        opened.push(device);
        return device;
      };
      await run(open, `${folder}/home`);
    });
  } finally {
    for (const device of opened) device.close();
  }
}

const onCpu = needs((await testDevice()).software, "the adapter is a GPU, which measures");

Deno.test(`a software adapter takes the built-in table and times nothing${onCpu.reason}`, onCpu, async () => {
  await withEmptyCache(async (open, home) => {
    const device = await open();
    const built = kernelTable(device);
    const { from, compared, table } = await tune(device);
    assert.equal(from, "built in");
    assert.deepEqual(compared, {});
    assert.deepEqual(table, built);
    assert.throws(() => Deno.statSync(home), Deno.errors.NotFound, "nothing is written");
  });
});

Deno.test("the tuner times every class, keeps its choices, and a later process takes them", async () => {
  await withEmptyCache(async (open, home) => {
    const device = await open();
    const bytes = device.memory().bytes;
    const found = await tune(device, quick);
    assert.equal(found.from, "measured");
    assert.equal(Object.keys(found.compared).length, 12);
    for (const [shape, { ms }] of Object.entries(found.compared)) {
      const [best] = Object.entries(ms).sort((a, b) => a[1] - b[1])[0];
      assert.equal(found.table.matmul[shape as ShapeClass], best, shape);
    }
    assert.deepEqual(kernelTable(device), found.table);
    assert.equal(device.memory().bytes, bytes, "nothing is held");
    assert.equal(await tune(device), found, "once a device");

    const [file] = [...Deno.readDirSync(`${home}/tuning`)];
    const path = `${home}/tuning/${file.name}`;
    assert.equal(found.file, path);
    const kept: TuningRecord = JSON.parse(await Deno.readTextFile(path));
    kept.table.matmul["nn large"] = "shared 128x128"; // not among the kernels measured here: it has to come from the file
    await Deno.writeTextFile(path, JSON.stringify(kept));
    const later = await open();
    assert.equal((await tune(later, quick)).from, "disk");
    assert.equal(kernelTable(later).matmul["nn large"], "shared 128x128");

    const whole = { ...kept };
    const comparison = { extents: "8 x 8", ms: { plain: 1 } };
    const damages = [
      "{",
      "null",
      { times: {} },
      { ...whole, table: null },
      { ...whole, took: "long" },
      { ...whole, compared: { ...whole.compared, "nn low": comparison } },
    ];
    for (const damage of damages) {
      const text = typeof damage === "string" ? damage : JSON.stringify(damage);
      await Deno.writeTextFile(path, text);
      assert.equal((await tune(await open(), quick)).from, "measured", `measured anew: ${text.slice(0, 60)}`);
    }
  });
});

Deno.test("a tuning that no file can keep says so, and its choices hold", async () => {
  await withEmptyCache(async (open, home) => {
    await Deno.writeTextFile(home, "a file where the cache folder should be");
    const device = await open();
    const found = await tune(device, quick);
    assert.equal(found.from, "measured");
    assert.equal(found.file, undefined);
    assert.match(found.picture().text, /not kept: the cache folder \(LLAMERO_HOME\) is not writable/);
    assert.deepEqual(kernelTable(device), found.table);
  });
});

Deno.test("after four seconds the classes that are left keep their built-in kernels, until all are asked for", async () => {
  await withEmptyCache(async (open) => {
    const device = await open();
    const built = kernelTable(device).matmul;
    const { now } = performance;
    let seconds = 0;
    performance.now = () => 500 * seconds++;
    const { from, compared, table } = await tune(device, quick).finally(() => performance.now = now);
    assert.equal(from, "measured");
    const done = Object.keys(compared);
    assert.ok(done.length >= 1 && done.length < 6, `${done.length} classes`);
    assert.equal(done[0], "tn large", "the class of the most arithmetic comes first");
    for (const shape of Object.keys(built) as ShapeClass[]) {
      if (!done.includes(shape)) assert.equal(table.matmul[shape], built[shape], shape);
    }
    assert.equal((await tune(await open(), quick)).from, "disk", "a first use does not measure again");
    const whole = await tune(await open(), { ...quick, whole: true });
    assert.equal(whole.from, "measured");
    assert.equal(Object.keys(whole.compared).length, 12);
  });
});

Deno.test("the kernels that are compared suit the class: cuts of K for gradients of weights", async () => {
  await withEmptyCache(async (open) => {
    const { compared, table } = await tune(await open(), { measure: true, whole: true, extents });
    for (const [shape, { ms }] of Object.entries(compared)) {
      const kernels = Object.keys(ms);
      assert.ok(kernels.length >= 3 && kernels.length <= 4, `${shape}: ${kernels}`);
      assert.equal(
        kernels.some((kernel) => kernel.endsWith("split")),
        /tn (low|small|medium)/.test(shape),
        shape,
      );
      assert.ok(kernels.includes(table.matmul[shape as ShapeClass]));
    }
  });
});

Deno.test("a tuning shows each kernel of each class with its time and speed, its source and its file", () => {
  const matmul = { "nt large": "shared 64x64", "nt low": "shared 32x64" } as Tuning["table"]["matmul"];
  const record: TuningRecord = {
    adapter: "a GPU",
    table: { family: "shared", matmul },
    compared: { "nt large": { extents: [2048, 1024, 512], ms: { "shared 64x64": 2, "shared 128x128": 4 } } },
    took: 3210,
  };
  const { text } = new Tuning(record, "measured", "/cache/tuning/a.json").picture();
  assert.match(text, /a GPU: matrix products by the kernels of the family shared/);
  assert.match(text, /nt large +2048 x 1024 x 512 +shared 64x64 +2\S* +1,073\.7\S* +yes/);
  assert.match(text, /nt large +2048 x 1024 x 512 +shared 128x128 +4\S* +536\.\S* +no/);
  assert.match(text, /nt low +not timed +shared 32x64 .*yes/);
  assert.match(text, /Measured now, in 3\.2 s; kept in \/cache\/tuning\/a\.json\./);
  assert.match(new Tuning({ ...record, compared: {} }, "built in").picture().text, /nothing was measured/);
});

Deno.test("without room to measure the built-in table stays", async () => {
  const device = await openDevice({ family: "shared", memoryLimit: 2048 });
  assert.equal((await tune(device, { ...quick, among: ["shared 64x64", "plain"] })).from, "built in");
  device.close();
});

Deno.test("a kernel that gives wrong sums, or does not compile, is not trusted", async () => {
  const device = await openDevice({ family: "plain" });
  const read = device.read.bind(device);
  assert.equal(await agrees(device, "shared 64x64", "nt"), true);
  for (const wrong of [1e-2, NaN]) {
    device.read = async (ranges) => { // the kernel under test comes first, `plain` second
      const [got, ...rest] = await read(ranges);
      const numbers = new Float32Array(got);
      numbers[7] += wrong * numbers.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      return [got, ...rest];
    };
    assert.equal(await agrees(device, "shared 64x64", "nt"), false, `off by ${wrong}`);
  }
  device.read = read;
  assert.equal(await agrees(device, "subgroup 32x64", "nt"), false, "subgroups were not asked for");
  device.close();
});
