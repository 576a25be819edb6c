// Checkpoints of (data, model) ranks in one process: whatever the ranks, the files of a state are the same bytes, and a
// state that was read by other ranks is written as it was. A failure on one rank is one on all, and leaves nothing behind.
import assert from "node:assert/strict";
import { RankError } from "../../../src/base/exchange.ts";
import type { Model } from "../../../src/model/mod.ts";
import type { ParallelStep } from "../../../src/model/training/parallel/parallel_step.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { writeCheckpoint } from "../../../src/train/checkpoints/checkpoint.ts";
import { CheckpointFolder, findCheckpoint } from "../../../src/train/checkpoints/checkpoint_folder.ts";
import { readState } from "../../../src/train/monitoring/run_state.ts";
import { inFolder } from "../../support/folder.ts";
import { onRanks } from "../../support/model_ranks.ts";
import { cases, copy, filesOf, padded, state, trainAndWrite, withStep } from "./rank_checkpoints.ts";

const keep = { last: 3, best: false };

for (const name of ["f32, padded widths, several files", "f16"]) {
  const one = cases[name];
  Deno.test(`files of a checkpoint do not depend on the ranks that write or read it (${name})`, async () => {
    await inFolder(async (folder) => {
      await trainAndWrite(`${folder}/1x1`, one, 1, 1);
      const want = await filesOf(`${folder}/1x1`);
      await trainAndWrite(`${folder}/2x1`, one, 2, 1);
      assert.deepEqual(await filesOf(`${folder}/2x1`), want, "trained on two ranks");
      await copy(`${folder}/1x1`, `${folder}/2x2`, one, 2, 2);
      assert.deepEqual(await filesOf(`${folder}/2x2`), want, "read by four ranks");
    });
  });
}

/** Calls `program` on two ranks while opening `file` for writing does `act`; returns the error of each rank. */
async function errorsOf(
  file: string,
  act: () => void,
  program: (model: Model, step: ParallelStep, rank: number) => Promise<unknown>,
): Promise<Error[]> {
  const { open } = Deno;
  Deno.open = async (path, options) => {
    if (options?.createNew && String(path).includes(`/${file}`)) act();
    return await open(path, options);
  };
  try {
    return await onRanks(2, async (device, world) => {
      let error = new Error("none");
      await withStep({ shape: padded }, device, 1, async (model, step) => {
        await program(model, step, world.rank).catch((thrown) => error = thrown);
      });
      return error;
    });
  } finally {
    Deno.open = open;
  }
}

Deno.test("a rank that cannot write, or is stopped, leaves no checkpoint and no draft, and every rank is told", async () => {
  await inFolder(async (folder) => {
    const settings = { shardBytes: 20_000 };
    for (const file of ["model-00002-of-", "optimizer-00002-of-"]) { // those of rank 1
      const full = await errorsOf(file, () => {
        throw new Error("No space left on device (os error 28)");
      }, (model, step) => {
        const { signal } = new AbortController();
        return writeCheckpoint(`${folder}/full`, { model, training: step, state }, signal, settings);
      });
      assert.ok(full[0] instanceof RankError && full[0].failedRank === 1, String(full[0]));
      assert.match(full[0].message, /failed: No space left on device/);
      assert.match(full[1].message, /^No space left on device/);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }
    const stop = new AbortController();
    const stopped = await errorsOf(
      "optimizer-00002-of-",
      () => stop.abort(new RangeError("stopped")),
      (model, step, rank) => {
        const { signal } = rank === 1 ? stop : new AbortController();
        return writeCheckpoint(`${folder}/stopped`, { model, training: step, state }, signal, settings);
      },
    );
    assert.ok(stopped[0] instanceof RankError);
    assert.ok(stopped[1] instanceof RangeError);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("a folder that is not one for all ranks is refused, naming the rank that does not see it", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(
      loopback(3, async (world) => {
        const own = new CheckpointFolder(`${folder}/${world.rank === 2 ? "other" : "run"}`, keep, false);
        await own.prepare(world);
      }),
      { name: "ConfigError", message: /Cannot write to .*: rank 2 does not see what rank 0 writes there/ },
    );
    Deno.mkdirSync(`${folder}/run/.step-000009.${crypto.randomUUID()}.tmp`);
    await loopback(2, (world) => new CheckpointFolder(`${folder}/run`, keep, false).prepare(world));
    assert.deepEqual([...Deno.readDirSync(`${folder}/run`)], [], "drafts and nonces are removed");
  });
});

Deno.test("ranks find the newest whole checkpoint together, each checks a part of its files", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/run`;
    await onRanks(2, (device, world) =>
      withStep({ shape: padded }, device, 1, async (model, step) => {
        const run = new CheckpointFolder(path, keep, false);
        await run.prepare(world);
        const { signal } = new AbortController();
        for (const done of [1, 2, 3]) {
          const content = {
            ...state,
            step: done,
            stageStep: done,
            parallel: { processes: 2, model: 1, lanes: 2 },
          };
          assert.equal(await run.write({ model, training: step, state: content }, signal), run.newest);
        }
      }));
    assert.deepEqual((await readState(`${path}/step-000003`)).parallel, { processes: 2, model: 1, lanes: 2 });
    const find = (from: string, damaged: string[]) =>
      loopback(2, async (world) => {
        const found = await findCheckpoint(from, ({ message }) => damaged.push(message), world);
        return `${found.path.replace(/.*\//, "")} ${found.state.step}`;
      });
    const damaged: string[] = [];
    Deno.truncateSync(`${path}/step-000003/model.safetensors`, 900);
    Deno.removeSync(`${path}/step-000003/optimizer.safetensors`);
    assert.deepEqual(await find(path, damaged), ["step-000002 2", "step-000002 2"]);
    assert.equal(damaged.length, 1);
    assert.match(damaged[0], /step-000003\/(model\.safetensors.*900|optimizer.*missing)/);
    await assert.rejects(find(`${path}/step-000003`, []), {
      name: "FormatError",
      message: /Another one is whole: resume\(".*step-000002"\)/,
    });
    await assert.rejects(find(`${folder}/nowhere`, []), /there is no checkpoint in .*nowhere/);
  });
});
