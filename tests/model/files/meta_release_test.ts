// The original release's files, written by torch from a golden model and split for one or two GPUs, give the golden
// logits. A pickle that asks for anything but tensors is refused, and nothing of it runs.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { openTorchFile } from "../../../src/formats/tensors/torch_file.ts";
import { Model } from "../../../src/model/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { oracle, pythonHas } from "../../support/python.ts";
import { testDevice } from "../../support/device.ts";
import { goldenJson, goldenPath, goldenTensors, maxError } from "../../support/golden.ts";

const there = await pythonHas("torch", "safetensors");

Deno.test({
  name: `consolidated.*.pth written by torch give the golden logits${there.reason}`,
  ignore: there.ignore,
  fn: () =>
    inFolder(async (folder) => {
      const device = await testDevice();
      const { batch } = goldenJson<{ batch: { input_ids: number[][] } }>("B/inputs.json");
      const want = goldenTensors("B/expected.safetensors").get("logits")!;
      const [, T, V] = want.shape;
      const first = want.data.subarray(0, T * V);
      const ids = batch.input_ids[0];
      const variants = [[1, "float32", 1], [2, "float32", 0], [2, "bfloat16", 1]] as const;
      const asked = variants.map(([shards, dtype, embedding], i) => ({
        out: `${folder}/${i}`,
        shards,
        dtype,
        embedding,
      }));
      for (const { out } of asked) await Deno.mkdir(out);
      await oracle(new URL("../../reference/write_original.py", import.meta.url), [goldenPath("B")], asked);
      for (const { out: path, shards, dtype } of asked) {
        using model = await Model.load(path, { device, context: 64 });
        const { kvHeads, hidden, vocabSize, ropeTheta, context } = model.config;
        assert.deepEqual({ kvHeads, hidden, vocabSize, ropeTheta, context }, {
          kvHeads: 2,
          hidden: 112,
          vocabSize: 80,
          ropeTheta: 500000,
          context: 64,
        });
        const error = maxError(await model.logits(ids), first);
        if (Deno.env.get("VERBOSE")) console.log({ shards, dtype, error });
        assert.ok(error <= (dtype === "float32" ? 2e-6 : 0.05), `${shards} ${dtype}: ${error}`);
      }
      await refusals(`${folder}/2`);
    }),
});

async function refusals(path: string): Promise<void> {
  const refused = async (run: () => Promise<unknown>, message: RegExp) => {
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof FormatError, String(error));
      assert.match(error.message, message);
      return true;
    });
  };
  await refused(() => openTorchFile(`${path}/evil.pth`), /found "posix.system": nothing else is constructed/);
  assert.ok(![...Deno.readDirSync(path)].some(({ name }) => name === "pwned"));
  await refused(() => openTorchFile(`${path}/turned.pth`), /"a": it is not contiguous in memory/);
  await refused(() => openTorchFile(`${path}/list.pth`), /does not hold a dictionary/);
  await refused(() => openTorchFile(`${path}/legacy.pth`), /a file written by torch.save \(a ZIP file/);
  const plain = await openTorchFile(`${path}/plain.pth`);
  assert.deepEqual([...plain.tensors.keys()], ["c"]);
  assert.deepEqual(await plain.tensors.get("c")!.read(1, 1), new Float32Array(3).fill(1));
  plain.close();
  const device = await testDevice();
  await Deno.rename(`${path}/consolidated.01.pth`, `${path}/consolidated.02.pth`);
  await refused(() => Model.load(path, { device }), /consolidated.01.pth: no such file/);
  await Deno.copyFile(`${path}/plain.pth`, `${path}/consolidated.01.pth`);
  await Deno.remove(`${path}/consolidated.02.pth`);
  await refused(() => Model.load(path, { device }), /is missing, or not shaped as in the first shard/);
}
