import assert from "node:assert/strict";
import { ConfigError } from "../../../../src/base/errors.ts";
import { logPlaces } from "../../../../src/train/monitoring/logs/run_logs.ts";
import { type RunEvent, trainerOf } from "../../../../src/train/mod.ts";
import { quiet, short, tinyModel, tokens } from "../../support.ts";
import { inFolder } from "../../../support/folder.ts";

const hidden = { display: false } as const;

/** Reads the events in a file. */
function eventsIn(path: string): RunEvent[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("the option names files of events by their ending, and folders of curves", () => {
  assert.deepEqual(logPlaces(undefined, "runs/a", true), []);
  assert.deepEqual(logPlaces(["jsonl", "all.jsonl", "curves"], "runs/a", true), [
    { kind: "events", path: "runs/a/events.jsonl", replace: true },
    { kind: "events", path: "all.jsonl", replace: false },
    { kind: "curves", path: "curves", replace: false },
  ]);
  assert.throws(
    () => logPlaces("jsonl", undefined, false),
    (error: Error) =>
      error instanceof ConfigError && /checkpoint folder.*log: "events\.jsonl"/.test(error.message),
  );
});

Deno.test("the log has every event of a run as a line of JSON, and a resumed run appends its own", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: `${folder}/run`, log: ["jsonl", `${folder}/new/all.jsonl`] })
      .pretrain(tokens(8), { ...short, steps: 6, validation: tokens(2, 4), checkpointEvery: 2 });
    const heard: RunEvent[] = [];
    const first = trainer.run({ ...hidden, until: 3 });
    for await (const event of first.events()) heard.push(event);
    await first;
    Deno.writeTextFileSync(`${folder}/new/all.jsonl`, '{"type":"step","st', { append: true }); // a killed session
    const second = trainer.resume(undefined, hidden);
    for await (const event of second.events()) heard.push(event);
    await second;
    const plain = JSON.parse(JSON.stringify(heard));
    assert.deepEqual(eventsIn(`${folder}/run/events.jsonl`), plain);
    const lines = Deno.readTextFileSync(`${folder}/new/all.jsonl`).split("\n");
    assert.deepEqual(lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line)), plain);
    const kinds = new Set(plain.map(({ type }: RunEvent) => type));
    for (const kind of ["stage", "step", "validation", "checkpoint", "warning", "done"]) {
      assert.ok(kinds.has(kind));
    }

    const replaced = trainer.run({ ...hidden, overwrite: true, until: 1 });
    const again = [];
    for await (const event of replaced.events()) again.push(event);
    await replaced;
    assert.deepEqual(eventsIn(`${folder}/run/events.jsonl`), JSON.parse(JSON.stringify(again)));
  });
});

Deno.test("a log that cannot be written is one warning and does not end the run", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "in the way");
    using model = await tinyModel();
    const chain = quiet(model, { log: `${folder}/file/events.jsonl` })
      .pretrain(tokens(8), { ...short, steps: 20, validation: false });
    const { status, warnings } = await chain.run(hidden);
    assert.equal(status, "done");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^No more events are written to .*file\/events\.jsonl: /);
  });
});

Deno.test("a log is no part of the recipe, and a recipe takes one of its own", async () => {
  using model = await tinyModel();
  const trainer = (log?: string) => quiet(model, { log }).pretrain(tokens(8), { ...short, steps: 1 });
  const recipe = trainer("jsonl").toJSON();
  assert.deepEqual(JSON.parse(JSON.stringify(recipe)), JSON.parse(JSON.stringify(trainer())));
  assert.throws(() => trainer("jsonl").run(hidden), ConfigError);
  assert.throws(() => trainer(""), ConfigError);
  assert.throws(() => trainerOf({ ...recipe, stages: [] }, model, { log: "" }), /Trainer\.log/);
});
