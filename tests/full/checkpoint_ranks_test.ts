// Checkpoints of (data, model) ranks, f32, f16, adapters, several files and several chunks: whatever the ranks, the files of
// a state are the same bytes, also after other ranks have read it; transformers reads those of (2, 2) ranks.
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { inFolder } from "../support/folder.ts";
import { maxError } from "../support/golden.ts";
import { openMpi } from "../support/mpi.ts";
import { oracle, pythonHas } from "../support/python.ts";
import { testDevice } from "../support/device.ts";
import { cases, copy, filesOf, padded, trainAndWrite } from "../train/checkpoints/rank_checkpoints.ts";

const there = await pythonHas("torch", "transformers");

for (const [name, one] of Object.entries(cases)) {
  Deno.test(`files of a checkpoint do not depend on the ranks that write or read it (${name})`, async () => {
    await inFolder(async (folder) => {
      await trainAndWrite(`${folder}/1x1`, one, 1, 1);
      const want = await filesOf(`${folder}/1x1`);
      const several = one.shardBytes ? 2 : 1;
      for (const stem of ["model", "optimizer"]) {
        const count = Object.keys(want).filter((file) =>
          new RegExp(`^${stem}.*safetensors$`).test(file)
        ).length;
        assert.ok(count >= several, `${count} files of ${stem}`);
      }
      await trainAndWrite(`${folder}/2x1`, one, 2, 1);
      assert.deepEqual(await filesOf(`${folder}/2x1`), want, "trained on two ranks");
      for (const [data, modelRanks] of [[2, 1], [1, 2], [2, 2]]) {
        const path = `${folder}/copy${data}x${modelRanks}`;
        await copy(`${folder}/1x1`, path, one, data, modelRanks);
        assert.deepEqual(await filesOf(path), want, `read by ${data} data and ${modelRanks} model ranks`);
      }
      await trainAndWrite(`${folder}/2x2`, one, 2, 2);
      await copy(`${folder}/2x2`, `${folder}/back`, one, 1, 1);
      assert.deepEqual(
        await filesOf(`${folder}/back`),
        await filesOf(`${folder}/2x2`),
        "read by one process",
      );
    });
  });
}

Deno.test({
  name: `a checkpoint of two data and two model ranks gives the same logits in transformers${there.reason}`,
  ignore: there.ignore,
  fn: () =>
    inFolder(async (folder) => {
      const path = `${folder}/step`;
      await trainAndWrite(path, { shape: padded, shardBytes: 20_000 }, 2, 2);
      const ids = Array.from({ length: 12 }, (_, i) => (i * 37 + 11) % 101);
      const script = `import json, sys, torch
from transformers import AutoModelForCausalLM
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
with torch.no_grad():
    print(json.dumps(model(torch.tensor([json.load(sys.stdin)])).logits[0].flatten().tolist()))`;
      await Deno.writeTextFile(`${folder}/logits.py`, script);
      const logits = await oracle<number[]>(new URL(`file://${folder}/logits.py`), [path], ids);
      using model = await Model.load(path, { device: await testDevice() });
      const difference = maxError(await model.logits(ids), Float32Array.from(logits));
      assert.ok(difference <= 1e-4, `logits differ by ${difference} of the largest`);
    }),
});

Deno.test({
  name:
    `a rank that is killed while it saves leaves the checkpoint before, and the run goes on exactly${openMpi.reason}`,
  ignore: openMpi.ignore,
  fn: () =>
    inFolder(async (folder) => {
      const child = new URL("./checkpoint_killed.ts", import.meta.url).pathname;
      const start = async (action: string, launcher = openMpi.command.concat("-n", "2")) => {
        const [command, ...args] = [
          ...launcher,
          Deno.execPath(),
          "run",
          "-A",
          "--no-check",
          child,
          `${folder}/${action === "run" ? "whole" : "killed"}`,
          action,
        ];
        return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).code;
      };
      assert.equal(await start("run", []), 0);
      assert.notEqual(await start("kill"), 0);
      const names = () => [...Deno.readDirSync(`${folder}/killed`)].map(({ name }) => name).sort();
      assert.deepEqual(names().filter((name) => !name.startsWith(".")), ["step-000003"]);
      assert.equal(await start("resume"), 0);
      assert.deepEqual(names(), ["pretrain", "step-000003", "step-000006"]);
      assert.deepEqual(await filesOf(`${folder}/killed/pretrain`), await filesOf(`${folder}/whole/pretrain`));
    }),
});
