import assert from "node:assert/strict";
import { ConfigError, DeviceError } from "../../../src/base/errors.ts";
import { openDevice } from "../../../src/gpu/mod.ts";
import type { Model } from "../../../src/model/mod.ts";
import type { Trainer } from "../../../src/train/mod.ts";
import { checkpointNames } from "../../../src/train/checkpoints/checkpoint_folder.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "../support.ts";
import { inFolder } from "../../support/folder.ts";
import { canRun, needs } from "../../support/needs.ts";

const hidden = { display: false } as const;
const rarely = { steps: 45, checkpointEvery: 15 } as const;
const options = { ...short, steps: 9, checkpointEvery: 4, validation: false } as const;

function chain(model: Model, checkpoint?: string): Trainer {
  return quiet(model, { checkpoint }).pretrain(tokens(8), options);
}

/** Opens a device with just enough memory for a model and steps of `microBatch` sequences. */
async function roomFor(microBatch: number) {
  const wide = await openDevice();
  const model = await tinyModel({}, wide);
  const run = quiet(model).pretrain(tokens(8), { ...options, microBatch, steps: 1 }).run(hidden);
  await run;
  const memoryLimit = wide.memory().peak;
  wide.close();
  return await openDevice({ memoryLimit });
}

Deno.test("out of memory halves the micro-batch with a warning and keeps the batch; resume uses the smaller one", async () => {
  const device = await roomFor(2);
  await inFolder(async (folder) => {
    const model = await tinyModel({}, device);
    const before = device.memory().bytes;
    const { warnings, exact, history } = await chain(model, folder).run({ ...hidden, until: 6 });
    assert.match(warnings.join(), /too small for 4 sequences at once, 2 are taken; the batch stays 4/);
    assert.equal(exact, false);
    assert.equal(history.length, 6);
    assert.equal(history[5].tokens, 6 * 48);
    assert.equal(device.memory().bytes, before, "the attempts freed their memory");
    model.dispose();
    using roomy = await tinyModel();
    const resumed = await chain(roomy, folder).resume(folder, hidden);
    assert.equal(resumed.exact, false);
    assert.deepEqual(resumed.warnings, warnings, "no warning is said twice");
    using parts = await tinyModel();
    const asked = await quiet(parts).pretrain(tokens(8), { ...options, microBatch: 2 }).run(hidden);
    await assertSameWeights(roomy, parts);
    assert.deepEqual(resumed.history.map(({ loss }) => loss), asked.history.map(({ loss }) => loss));
  });
  device.close();
});

Deno.test("steps() halves the micro-batch too, and each step says so", async () => {
  const device = await roomFor(2);
  const model = await tinyModel({}, device);
  const seen: number[] = [];
  for await (const step of chain(model).steps()) {
    seen.push(step.microBatch);
    if (seen.length === 9) await step.loss();
  }
  assert.deepEqual(seen, Array(9).fill(2));
  using parts = await tinyModel();
  await quiet(parts).pretrain(tokens(8), { ...options, microBatch: 2 }).run(hidden);
  await assertSameWeights(model, parts);
  device.close();
});

Deno.test("a micro-batch whose activations cannot be bound is halved, too", async () => {
  const device = await openDevice({ maxBindingSize: 2 ** 16 });
  const model = await tinyModel({}, device);
  const trainer = quiet(model).pretrain(tokens(64), { ...options, batchTokens: 24 * 12, steps: 2 });
  const { warnings, history } = await trainer.run(hidden);
  assert.match(warnings.join(), /too small for 24 sequences at once, 12 are taken; the batch stays 24/);
  assert.equal(history.length, 2);
  device.close();
});

Deno.test("without memory for one sequence the error names the limit and what to lower", async () => {
  const remedies = [[300_000, "It fits with lora: true"], [470_000, "It fits with"]] as const;
  for (const [memoryLimit, remedy] of remedies) {
    const device = await openDevice({ memoryLimit });
    const model = await tinyModel({}, device);
    await assert.rejects(chain(model).run(hidden), (error) => {
      assert.ok(error instanceof DeviceError && error.limit === "memoryLimit" && error.wanted! > error.have!);
      const message = `not even one sequence at a time.*memoryLimit of ${memoryLimit} bytes.*${remedy}`;
      assert.match(error.message, new RegExp(message));
      return true;
    });
    device.close();
  }
});

Deno.test("a lost device of the user's ends the run with an error, and resume goes on as it says", async () => {
  using whole = await tinyModel();
  await quiet(whole).pretrain(tokens(8), { ...options, ...rarely }).run(hidden);
  await inFolder(async (folder) => {
    const device = await openDevice();
    const model = await tinyModel({}, device);
    const long = (model: Model) =>
      quiet(model, { checkpoint: folder }).pretrain(tokens(8), { ...options, ...rarely });
    const run = long(model).run(hidden);
    for await (const { step } of run.events("checkpoint")) if (step === 15) device.gpu.destroy();
    const error: unknown = await run.finished.catch((error) => error);
    assert.ok(error instanceof DeviceError, String(error));
    const step = run.history.length;
    const saved = step - step % 15;
    assert.match(
      error.message,
      new RegExp(`lost after step ${step}: .*checkpoint of step ${saved} is whole: .*resume\\(\\)`),
    );
    assert.equal(run.status, "failed");
    using other = await tinyModel();
    const again = long(other).resume(folder, hidden);
    const first = await anyStep(again);
    assert.equal(first, saved + 1, "at most the steps since the last checkpoint are lost");
    assert.equal((await again).exact, true);
    await assertSameWeights(other, whole);
  });
  const device = await openDevice();
  const run = chain(await tinyModel({}, device)).run(hidden);
  device.gpu.destroy();
  await assert.rejects(
    run,
    /The GPU was lost after step 0: .*There is no checkpoint: give the trainer a folder/,
  );
});

async function anyStep(run: ReturnType<Trainer["run"]>): Promise<number> {
  for await (const { step } of run.events("step")) return step;
  return 0;
}

Deno.test("an unwritable folder is refused before the first step, with what to do", async () => {
  await inFolder(async (folder) => {
    const { code, output } = await runChild("chainIn", folder, `--allow-write=${folder}/elsewhere`);
    assert.equal(code, 0, output);
    assert.match(
      output,
      /ConfigError Cannot write the checkpoint to .*: it may not be written .*, name another folder or allow it/,
    );
    assert.match(output, /0 steps/);
  });
});

/** Runs one of the child's functions in its own process with few permissions. */
async function runChild(
  name: string,
  folder: string,
  allow: string,
): Promise<{ code: number; output: string }> {
  const script = `${folder}/script.ts`;
  const url = new URL("storage_errors_child.ts", import.meta.url).href;
  await Deno.writeTextFile(
    script,
    `import { ${name} } from ${JSON.stringify(url)};\nawait ${name}("${folder}");\n`,
  );
  const config = `--config=${new URL("../../../deno.json", import.meta.url).pathname}`;
  const least = ["--allow-read", "--allow-env", "--allow-sys", "--allow-ffi"];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", config, ...least, allow, "--no-prompt", script],
    stderr: "inherit",
  }).output();
  return { code, output: new TextDecoder().decode(stdout) };
}

/** Mounts a file system of 1 MB at a folder; returns false where that is not possible. */
async function mountSmallDisk(folder: string): Promise<boolean> {
  return Deno.build.os === "linux" && await canRun("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
}

async function unmount(folder: string): Promise<void> {
  assert.ok(await canRun("umount", folder), "the disk is unmounted");
}

/** True where a small disk can be mounted: on Linux, with the rights for it. */
async function canMount(): Promise<boolean> {
  let mounted = false;
  await inFolder(async (folder) => {
    mounted = await mountSmallDisk(folder);
    if (mounted) await unmount(folder);
  });
  return mounted;
}

const disk = needs(await canMount(), "a tmpfs cannot be mounted: that takes root on Linux");

Deno.test({
  name:
    `a full disk is a warning in the middle of a stage, an error at its end; whole checkpoints stay${disk.reason}`,
  ignore: disk.ignore,
  async fn() {
    await inFolder(async (parent) => {
      const folder = `${parent}/small`;
      await Deno.mkdir(folder);
      assert.ok(await mountSmallDisk(folder));
      try {
        using model = await tinyModel();
        const bytes = await sizeOfCheckpoint();
        await Deno.writeFile(`${folder}/filler`, new Uint8Array(1048576 - Math.floor(1.8 * bytes)));
        const run = chain(model, `${folder}/run`).run(hidden);
        await assert.rejects(run, (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(
            error.message,
            /the disk is full .*free some space or keep fewer checkpoints.*step-000004 is whole/,
          );
          return true;
        });
        assert.match(
          String(run),
          /Warning: The checkpoint of step 8 could not be written: .*the disk is full/,
        );
        assert.deepEqual(checkpointNames(`${folder}/run`), ["step-000004"]);
        await Deno.remove(`${folder}/filler`);
        using again = await tinyModel();
        const { history, exact } = await chain(again, `${folder}/run`).resume(undefined, hidden);
        assert.equal(history.length, 9);
        assert.equal(exact, true);
        await assertSameWeights(again, model);
      } finally {
        await unmount(folder);
      }
    });
  },
});

/** Returns the bytes of a checkpoint of the tiny model. */
async function sizeOfCheckpoint(): Promise<number> {
  let bytes = 0;
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const { checkpoint } = await chain(model, folder).run({ ...hidden, until: 4 });
    for (const { name } of Deno.readDirSync(checkpoint!)) {
      bytes += Deno.statSync(`${checkpoint}/${name}`).size;
    }
  });
  return bytes;
}
