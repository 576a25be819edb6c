import assert from "node:assert/strict";
import { digest } from "../../../src/base/cache.ts";
import { FormatError } from "../../../src/base/errors.ts";
import { readSafetensors, writeSafetensors } from "../../../src/formats/mod.ts";
import { Model, TrainingStep } from "../../../src/model/mod.ts";
import { restoreMoments } from "../../../src/train/checkpoints/checkpoint.ts";
import { isDraft } from "../../../src/train/checkpoints/draft_folder.ts";
import type { WarningEvent } from "../../../src/train/mod.ts";
import { readState, type RunState } from "../../../src/train/monitoring/run_state.ts";
import { paperStep } from "../../model/paper_step.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "../support.ts";
import { inFolder } from "../../support/folder.ts";

const hidden = { display: false } as const;
const options = { ...short, steps: 6, checkpointEvery: 3, validation: false } as const;

/** Ways to damage the newest checkpoint, and the error of each. */
const damages: [string, (folder: string) => void, RegExp][] = [
  [
    "a truncated file",
    (folder) => Deno.truncateSync(`${folder}/model.safetensors`, 500),
    /model\.safetensors.*500/,
  ],
  [
    "a flipped bit",
    (folder) => flip(`${folder}/optimizer.safetensors`, -5),
    /optimizer\.safetensors.*checksum/,
  ],
  ["a missing file", (folder) => Deno.removeSync(`${folder}/config.json`), /config\.json.*missing/],
  ["half a state", (folder) => Deno.truncateSync(`${folder}/state.json`, 300), /state\.json.*not valid JSON/],
  ["an edited state", (folder) => edit(`${folder}/state.json`), /state\.json.*checksum/],
  ["no state", (folder) => Deno.removeSync(`${folder}/state.json`), /state\.json.*not a whole checkpoint/],
];

function flip(file: string, at: number): void {
  const bytes = Deno.readFileSync(file);
  bytes[bytes.length + at] ^= 1;
  Deno.writeFileSync(file, bytes);
}

function edit(file: string): void {
  const text = Deno.readTextFileSync(file);
  const changed = text.replace('"stageStep":6', '"stageStep":5');
  assert.notEqual(changed, text);
  Deno.writeTextFileSync(file, changed);
}

/** Rewrites a checkpoint's state with the names of settings and kernels that the first checkpoints had. */
function makeOlder(file: string): Promise<void> {
  return rewrite(file, (state) => {
    const choices = JSON.stringify(state.kernels.choices);
    const older = choices.replaceAll('"subgroup', '"sg').replaceAll('"shared', '"shm');
    state.kernels.choices = JSON.parse(older);
  });
}

/** Rewrites a checkpoint's state, changed by `change`, with the older name of a setting. */
async function rewrite(file: string, change: (state: RunState) => void): Promise<void> {
  const text = Deno.readTextFileSync(file).replaceAll('"validationRequested"', '"heldAsked"');
  const { sha256: _, ...state } = JSON.parse(text);
  change(state);
  const body = JSON.stringify({ ...state, fingerprint: await digest(JSON.stringify(state.plan)) });
  Deno.writeTextFileSync(
    file,
    JSON.stringify({ ...JSON.parse(body), sha256: await digest(body, 64) }) + "\n",
  );
}

/** Copies a run's folder without its stage folder, so that step 6 is nowhere else. */
function copySteps(from: string, to: string): void {
  for (const step of ["step-000003", "step-000006"]) {
    Deno.mkdirSync(`${to}/${step}`, { recursive: true });
    for (const { name } of Deno.readDirSync(`${from}/${step}`)) {
      Deno.copyFileSync(`${from}/${step}/${name}`, `${to}/${step}/${name}`);
    }
  }
}

Deno.test("resume passes over a damaged checkpoint with a warning, and uses the one before it", async () => {
  await inFolder(async (folder) => {
    using whole = await tinyModel();
    const trainer = quiet(whole, { checkpoint: `${folder}/run` }).pretrain(tokens(8), options);
    await trainer.run(hidden);
    for (const [name, damage, message] of damages) {
      const copy = `${folder}/${name}`;
      copySteps(`${folder}/run`, copy);
      damage(`${copy}/step-000006`);
      using model = await tinyModel();
      const other = quiet(model).pretrain(tokens(8), options);
      const run = other.resume(copy, hidden);
      const warnings: WarningEvent[] = [];
      for await (const event of run.events("warning")) warnings.push(event);
      const { exact, history } = await run;
      assert.match(warnings[0].message, message, name);
      assert.match(warnings[0].message, /going on from .*step-000003/, name);
      assert.equal(exact, true, name);
      assert.equal(history.length, 6, name);
      await assertSameWeights(model, whole);
      assert.equal((await readState(`${copy}/step-000006`)).step, 6, "step 6 was written anew");
    }
  });
});

Deno.test("a checkpoint with older names of settings and kernels is resumed bit for bit", async () => {
  await inFolder(async (folder) => {
    using whole = await tinyModel();
    const chain = (model: Model, checkpoint: string) =>
      quiet(model, { checkpoint }).pretrain(tokens(8), { ...options, validation: 0.2 });
    await chain(whole, `${folder}/run`).run(hidden);
    copySteps(`${folder}/run`, `${folder}/older`);
    const path = `${folder}/older/step-000003`;
    const written = await readState(path);
    await makeOlder(`${path}/state.json`);
    const { fingerprint, plan, kernels } = await readState(path);
    assert.deepEqual(
      { fingerprint, plan, kernels },
      { fingerprint: written.fingerprint, plan: written.plan, kernels: written.kernels },
    );
    Deno.removeSync(`${folder}/older/step-000006`, { recursive: true });
    using model = await tinyModel();
    const { exact, warnings } = await chain(model, `${folder}/older`).resume(undefined, hidden);
    assert.equal(exact, true, warnings.join());
    await assertSameWeights(model, whole);
  });
});

Deno.test("a checkpoint of an odd shape from before its lines were padded is resumed, and is not called exact", async () => {
  await inFolder(async (folder) => {
    using whole = await tinyModel(); // its vocabulary of 50 is no multiple of eight
    const chain = (model: Model) => quiet(model, { checkpoint: folder }).pretrain(tokens(8), options);
    await chain(whole).run(hidden);
    const written = await readState(`${folder}/step-000006`);
    assert.equal(written.kernels.padded, true);
    await rewrite(`${folder}/step-000006/state.json`, (state) => delete state.kernels.padded);
    using model = await tinyModel();
    const { exact, warnings } = await chain(model).resume(undefined, hidden);
    assert.equal(exact, false);
    assert.match(
      warnings.join(),
      /not bit for bit what it would have been: kernels\.padded was undefined, now it is true/,
    );
  });
});

Deno.test("a checkpoint of kernels with other bits is resumed, and is not called exact", async () => {
  await inFolder(async (folder) => {
    using whole = await tinyModel();
    const chain = (model: Model) => quiet(model, { checkpoint: folder }).pretrain(tokens(8), options);
    await chain(whole).run(hidden);
    await rewrite(`${folder}/step-000006/state.json`, (state) => delete state.kernels.revision); // as the first ones were
    using model = await tinyModel();
    const { exact, warnings } = await chain(model).resume(undefined, hidden);
    assert.equal(exact, false);
    assert.match(warnings.join(), /its kernels were those of revision 1, now they are those of revision \d/);
  });
});

Deno.test("resume without a whole checkpoint names the damage and leaves the files", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: folder, keep: 1 }).pretrain(tokens(8), {
      ...options,
      steps: 3,
    });
    await trainer.run(hidden);
    const file = `${folder}/step-000003/optimizer.safetensors`;
    const size = Deno.statSync(file).size;
    await assert.rejects(
      async () => {
        flip(file, -1); // the stage's folder is the same file
        await trainer.resume(folder, hidden);
      },
      (error) => error instanceof FormatError && error.file!.endsWith("optimizer.safetensors"),
    );
    await assert.rejects(trainer.resume(`${folder}/step-000003`, hidden), FormatError);
    assert.equal(Deno.statSync(file).size, size);
  });
});

Deno.test("only the newest steps are kept, and drafts of a killed process are removed", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const draft = `.step-000009.${crypto.randomUUID()}.tmp`;
    assert.ok(isDraft(draft) && !isDraft("step-000009") && !isDraft(".git"));
    Deno.mkdirSync(`${folder}/${draft}`);
    Deno.writeTextFileSync(`${folder}/${draft}/config.json`, "{");
    Deno.writeTextFileSync(`${folder}/notes.txt`, "mine");
    const trainer = quiet(model, { checkpoint: folder, keep: 2 })
      .pretrain(tokens(8), { ...options, steps: 4, checkpointEvery: 1 });
    await trainer.run(hidden);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["notes.txt", "pretrain", "step-000003", "step-000004"]);
    const state = await readState(`${folder}/pretrain`);
    assert.deepEqual(Object.keys(state.files), [
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "optimizer.safetensors",
    ]);
    assert.equal(state.stage, "pretrain");
    assert.equal(state.stageStep, 4);
    assert.equal(state.step, 4);
    assert.equal(state.history.length, 4);
  });
});

Deno.test("ids and sampling settings of a loaded model are in its checkpoints, and in a copy of it", async () => {
  await inFolder(async (folder) => {
    using first = await tinyModel();
    await first.save(`${folder}/base`);
    const settings = {
      eos_token_id: [3, 4],
      temperature: 0.3,
      do_sample: true,
      repetition_penalty: 1.1,
      own: "kept",
    };
    const file = `${folder}/base/generation_config.json`;
    await Deno.writeTextFile(file, JSON.stringify({ bos_token_id: 1, ...settings }));
    using model = await Model.load(`${folder}/base`, { device: first.device });
    const trainer = quiet(model, { checkpoint: `${folder}/run` }).pretrain(tokens(8), {
      ...options,
      steps: 1,
    });
    await trainer.run(hidden);
    using copy = await model.clone();
    await copy.save(`${folder}/copy`);
    for (const saved of [`${folder}/run/pretrain`, `${folder}/copy`]) {
      const json = JSON.parse(await Deno.readTextFile(`${saved}/generation_config.json`));
      assert.deepEqual(json, { bos_token_id: 1, ...settings });
    }
  });
});

Deno.test("losses that are not finite come back from a checkpoint", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const good = await model.parameters();
    const spoiled = new Map([...good].map(([name, data]) => [name, data.map(() => NaN)]));
    model.setParameters(spoiled);
    const trainer = quiet(model, { checkpoint: folder })
      .pretrain(tokens(8), { ...options, steps: 2, checkpointEvery: 1, maxSkipped: 5 });
    await trainer.run(hidden);
    const { history, skipped } = await readState(`${folder}/pretrain`);
    assert.equal(skipped, 2);
    assert.deepEqual(history.map(({ loss, skipped }) => [loss, skipped]), [[NaN, true], [NaN, true]]);
  });
});

Deno.test("a checkpoint that cannot be written is a warning in the middle of a stage, an error at its end", async () => {
  await inFolder(async (parent) => {
    using model = await tinyModel();
    const folder = `${parent}/run`;
    const trainer = quiet(model, { checkpoint: folder });
    const run = trainer.pretrain(tokens(8), { ...options, steps: 9 }).run(hidden);
    const warnings: string[] = [];
    for await (const event of run.events("step", "warning")) {
      if (event.type === "warning" && /only 9 updates/.test(event.message)) continue;
      if (event.type === "warning") {
        warnings.push(event.message);
        Deno.removeSync(folder);
      } else if (event.step === 1) {
        Deno.removeSync(folder, { recursive: true });
        Deno.writeTextFileSync(folder, "in the way");
      }
    }
    assert.equal((await run).status, "done");
    assert.match(warnings.join(), /step 3 could not be written/);
    assert.ok(Deno.statSync(`${folder}/pretrain/state.json`).isFile);
    const last = quiet(model, { checkpoint: `${parent}/last` }).pretrain(tokens(8), { ...options, steps: 2 });
    const failing = last.run(hidden);
    for await (const _ of failing.events("step")) {
      Deno.removeSync(`${parent}/last`, { recursive: true });
      Deno.writeTextFileSync(`${parent}/last`, "in the way");
      break;
    }
    await assert.rejects(failing, (error) => error instanceof Error && "run" in error);
  });
});

Deno.test("moments come back bit for bit, and a missing one is refused by name", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    await quiet(model, { checkpoint: folder }).pretrain(tokens(8), options).run(hidden);
    const path = `${folder}/step-000006`;
    const checkpoint = { path, state: await readState(path) };
    const settings = { ...paperStep, microBatch: 1, context: model.config.context };
    const step = await TrainingStep.create(model, settings);
    try {
      await restoreMoments(step, checkpoint);
      const { tensors } = await readSafetensors(`${path}/optimizer.safetensors`);
      for (const moment of ["m", "v"] as const) {
        for await (const { parameter, data } of step.moments(moment)) {
          const whole = await Array.fromAsync(data());
          assert.deepEqual(whole.flatMap((part) => [...part]), [
            ...tensors.get(`${moment}.${parameter.name}`)!.data,
          ]);
        }
      }
      const entries = [...tensors].slice(1).map(([name, { shape, data }]) => ({ name, shape, data }));
      await writeSafetensors(`${path}/optimizer.safetensors`, entries);
      await assert.rejects(restoreMoments(step, checkpoint), {
        name: "FormatError",
        message: /optimizer\.safetensors.*tensor model\.embed_tokens\.weight is missing/,
      });
    } finally {
      step.dispose();
    }
  });
});
