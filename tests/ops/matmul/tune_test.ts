// The tuner on small products: its measurements, its file, its checks, and the cases in which the table stays.
import assert from "node:assert/strict";
import { type Device, openDevice } from "../../../src/gpu/mod.ts";
import {
  type Extents,
  kernelTable,
  type Size,
  tune,
  type TuneOptions,
  type Tuning,
} from "../../../src/ops/mod.ts";
import { agrees } from "../../../src/ops/matmul/tune.ts";
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
    const { from, times, table } = await tune(device);
    assert.equal(from, "built in");
    assert.deepEqual(times, {});
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
    assert.equal(Object.keys(found.times).length, 12);
    for (const [shape, times] of Object.entries(found.times)) {
      const [best] = Object.entries(times).sort((a, b) => a[1] - b[1])[0];
      assert.equal(found.table.matmul[shape as "nn low"], best, shape);
    }
    assert.deepEqual(kernelTable(device), found.table);
    assert.equal(device.memory().bytes, bytes, "nothing is held");
    assert.equal(await tune(device), found, "once a device");

    const [file] = [...Deno.readDirSync(`${home}/tuning`)];
    const path = `${home}/tuning/${file.name}`;
    const kept: Tuning = JSON.parse(await Deno.readTextFile(path));
    kept.table.matmul["nn large"] = "shared 128x128"; // not among the kernels measured here: it has to come from the file
    await Deno.writeTextFile(path, JSON.stringify(kept));
    const later = await open();
    assert.equal((await tune(later, quick)).from, "disk");
    assert.equal(kernelTable(later).matmul["nn large"], "shared 128x128");

    await Deno.writeTextFile(path, "{");
    assert.equal((await tune(await open(), quick)).from, "measured", "a damaged file is measured anew");
  });
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
