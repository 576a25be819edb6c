// A model with the width of the 7B and one layer, 1.9 GB: loaded and saved through arenas of several chunks, and by two ranks
// that hold it together, it is the same files bit for bit.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { inFolder } from "../support/folder.ts";
import { onRanks } from "../support/model_ranks.ts";

const shape = { dim: 4096, layers: 1, heads: 32, hidden: 11008, vocabSize: 32000, context: 64 };
const settings = { shardBytes: 5e8 };

/** Returns the checksums of the files of weights in a folder. */
async function hashesIn(folder: string): Promise<Record<string, string>> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    /safetensors/.test(name)
  ).sort();
  const hashes: Record<string, string> = {};
  for (const name of names) {
    const hash = createHash("sha256");
    const { readable } = await Deno.open(`${folder}/${name}`);
    for await (const chunk of readable) hash.update(chunk);
    hashes[name] = hash.digest("hex");
  }
  return hashes;
}

Deno.test("a layer of the 7B is loaded and saved through several chunks, and by two ranks, bit for bit", async () => {
  await inFolder(async (folder) => {
    const whole = await openDevice();
    {
      using model = await Model.create(shape, { device: whole, seed: 6 });
      assert.equal(
        whole.memory().buffers.filter(({ owner }) => / of \d+/.test(owner)).length,
        0,
        "one chunk",
      );
      await model.save(`${folder}/whole`, settings);
    }
    whole.close();
    const want = await hashesIn(`${folder}/whole`);
    assert.ok(Object.keys(want).length >= 4);
    const cut = await openDevice({ maxBufferSize: 2 ** 28 });
    {
      using model = await Model.load(`${folder}/whole`, { device: cut });
      const chunks = cut.memory().buffers.filter(({ owner }) => / of \d+/.test(owner)).length;
      assert.ok(chunks > 4, `${chunks} chunks`);
      await model.save(`${folder}/cut`, settings);
    }
    cut.close();
    assert.deepEqual(await hashesIn(`${folder}/cut`), want);
    await Deno.remove(`${folder}/cut`, { recursive: true });
    await onRanks(2, async (device) => {
      using model = await Model.load(`${folder}/whole`, { device, parallel: { model: 2 } });
      await model.save(`${folder}/ranks`, settings);
    }, { maxBufferSize: 2 ** 28 });
    assert.deepEqual(await hashesIn(`${folder}/ranks`), want);
  });
});
