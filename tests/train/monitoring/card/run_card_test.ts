import assert from "node:assert/strict";
import type { CardFacts } from "../../../../src/train/monitoring/card/card_facts.ts";
import { headline, plainLine, runCard } from "../../../../src/train/monitoring/card/run_card.ts";
import { bytes, number, rate } from "../../../../src/display/mod.ts";
import { Trainer, type TrainerOptions } from "../../../../src/train/mod.ts";
import { quiet, short, tinyModel, tokens } from "../../support.ts";
import { inFolder } from "../../../support/folder.ts";

const facts: CardFacts = {
  title: "run 1 of 5M",
  status: "running",
  stage: "pretrain",
  stages: [{ name: "pretrain", done: 3, steps: 12 }],
  history: [8, 6, 5].map((loss, i) => ({
    step: i + 1,
    stage: "pretrain",
    loss,
    gradNorm: 1.5 - i / 4,
    learningRate: 1e-3,
    tokens: 4096 * (i + 1),
    seconds: i + 1,
  })),
  validations: [{
    type: "validation",
    step: 2,
    stage: "pretrain",
    loss: 6.5,
    perplexity: Math.exp(6.5),
    tokens: 900,
  }],
  evaluations: [],
  tokens: 12_288,
  seconds: 4,
  otherWork: { preparing: 0.6, saving: 0.4 },
  speed: 4096,
  peakMemory: 56_800_000,
  warnings: [],
  startCall: "trainer.run()",
};

const stopped: CardFacts = {
  ...facts,
  status: "stopped",
  speed: 3072,
  checkpoint: "runs/a/step-000003",
  saved: 3,
  resumeCall: "trainer.resume()",
};

Deno.test("the card of a run that goes on shows curves, speed, time left and peak memory", () => {
  assert.equal(
    runCard(facts).text,
    `pretrain 3/12  loss 5  validation 6.500 at step 2  4,096 tokens/s  9.0 s to go
  loss        █▃▁  5 at step 3
  validation  ▄  6.500 at step 2
  loss             5 at step 3
  validation loss  6.500 at step 2
  learning rate    0.001000
  gradient norm    1
  tokens           12.3K
  speed            4,096 tokens/s
  time             4.0 s, 9.0 s to go
  peak memory      56.8 MB`,
  );
});

Deno.test("a stopped card shows the mean speed, the time beside the steps, the checkpoint and the way on", () => {
  const text = runCard(stopped).text;
  assert.match(
    text,
    /^pretrain 3\/12 stopped {2}loss 5 {2}validation 6\.500 at step 2 {2}3,072 tokens\/s {2}took 4\.0 s$/m,
  );
  assert.match(
    text,
    /^ {2}mean speed +3,072 tokens\/s\n {2}speed in steps +4,096 tokens\/s$/m,
  );
  assert.match(text, /^ {2}time +4\.0 s, of which 15% preparing, 10% saving$/m);
  assert.match(text, /^ {2}checkpoint +runs\/a\/step-000003$/m);
  assert.match(text, /^Go on from the checkpoint of step 3: trainer\.resume\(\)$/m);
  assert.doesNotMatch(text, /learning rate|energy/);
});

Deno.test("time beside the steps shows only where it is much of a run that has ended", () => {
  const little = { ...stopped, otherWork: { saving: 0.3 } };
  assert.match(runCard(little).text, /mean speed +3,072 tokens\/s\n {2}time +4\.0 s\n/);
});

Deno.test("the card says how to go on: later steps again, from the start, or with a folder", () => {
  const wayOn = (facts: CardFacts) => runCard(facts).text.split("\n").at(-1);
  assert.equal(
    wayOn({ ...stopped, saved: 1 }),
    "Go on from the checkpoint of step 1: trainer.resume(); 2 later steps to do again",
  );
  assert.equal(
    wayOn({ ...stopped, checkpoint: undefined, saved: undefined }),
    "Start again: trainer.run(). No checkpoint was written",
  );
  assert.equal(
    wayOn({ ...stopped, checkpoint: undefined, resumeCall: undefined }),
    'Start again: trainer.run(). To go on after a stop, give the trainer a folder: new Trainer(model, { checkpoint: "runs/name" })',
  );
  const failed = runCard({ ...stopped, status: "failed", error: "the disk is full" }).text.split("\n");
  assert.deepEqual(failed.slice(-2), [
    "Failed: the disk is full",
    "Mend the cause, then go on from the checkpoint of step 3: trainer.resume()",
  ]);
});

Deno.test("a pipe's line is plain, and says at the end where the checkpoint is and how to go on", () => {
  assert.equal(
    plainLine(facts),
    "pretrain 3/12  loss 5  validation 6.500 at step 2  4,096 tokens/s  9.0 s to go",
  );
  assert.equal(
    plainLine(stopped),
    "pretrain 3/12 stopped  loss 5  validation 6.500 at step 2  3,072 tokens/s  took 4.0 s  " +
      "checkpoint runs/a/step-000003  Go on from the checkpoint of step 3: trainer.resume()",
  );
  assert.match(
    plainLine({ ...stopped, status: "failed", error: "no room" }),
    /Failed: no room {2}Mend the cause/,
  );
});

Deno.test("the card is one picture in a notebook, and escapes all text in it", () => {
  const { html } = runCard({
    ...facts,
    sample: "<script>alert(1)</script>",
    warnings: ["a < b"],
  });
  assert.match(html!, /<img [^>]*src="data:image\/svg\+xml;base64,/);
  assert.doesNotMatch(html!, /<script/);
  for (const part of ["Sample: &lt;script&gt;", "Warning: a &lt; b", "width:25.0%"]) {
    assert.ok(html!.includes(part), part);
  }
});

Deno.test("the card is short before the first step", () => {
  const empty = {
    ...facts,
    stage: "",
    stages: [],
    history: [],
    validations: [],
    tokens: 0,
    speed: 0,
  };
  assert.equal(headline({ ...empty, status: "waiting" }), "waiting");
  assert.equal(headline({ ...empty, stage: "pretrain", note: "compiling" }), "pretrain: compiling");
  assert.ok(runCard({ ...empty, status: "waiting" }).html);
  assert.equal(
    headline({ ...facts, status: "stopped", speed: 0, validations: [] }),
    "pretrain 3/12 stopped  loss 5  took 4.0 s",
  );
});

Deno.test("a finished card's numbers are those of the run's history: speed, memory, validation", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const held: number[] = [];
    const run = quiet(model, { checkpoint: folder, energy: { watts: 50 } })
      .pretrain(tokens(8), { ...short, steps: 6, validation: tokens(2, 4), validateEvery: 2 })
      .run({ display: false });
    assert.match(String(run), /waiting/);
    for await (const _event of run.events()) held.push(model.device.memory().bytes);
    const result = await run;
    const { history, validations, tokensPerSecond, seconds, peakMemory = 0 } = result;
    assert.ok(Math.abs(tokensPerSecond - history.at(-1)!.tokens / seconds) < 1e-9 * tokensPerSecond);
    assert.ok(seconds >= history.at(-1)!.seconds);
    assert.ok(Math.max(...held) <= peakMemory, `${peakMemory} at the peak, ${Math.max(...held)} seen`);
    assert.ok(model.device.memory().bytes < peakMemory, "the run has freed its own memory");
    const measured = validations.at(-1)!;
    assert.equal(measured.step, 6);
    const text = String(run);
    assert.equal(String(result), text, "the result shows the last state of the card");
    assert.match(text, /^pretrain 6\/6 done {2}loss 3\.\d+/);
    for (
      const row of [
        `loss  ${number(history.at(-1)!.loss)} at step 6`,
        `validation loss  ${number(measured.loss)} at step 6`,
        `mean speed  ${rate(tokensPerSecond, "tokens")}`,
        `peak memory  ${bytes(peakMemory)}`,
        `checkpoint  ${folder}/step-000006`,
      ]
    ) assert.ok(text.replace(/ {3,}/g, "  ").includes(`\n  ${row}\n`), `${row} in ${text}`);
    assert.match(text, /Wh, .* g CO2eq\s+\(50 W as given,\s+PUE 1\.1,\s+0\.385\s+kg\s+per\s+kWh\)/);
    assert.match(String(run.chart()), /validation/);
    const plain = JSON.parse(JSON.stringify(result));
    assert.deepEqual([plain.status, plain.history.length, plain.peakMemory], ["done", 6, peakMemory]);
    assert.equal(plain.energy.source, "50 W as given");
    assert.equal(JSON.parse(JSON.stringify(run)).status, "done");
  });
});

Deno.test("a resumed run keeps the peak, the time beside the steps and the mean of all sessions", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: folder })
      .pretrain(tokens(8), { ...short, steps: 6, validation: tokens(2, 4) });
    const stopped = trainer.run({ display: false, until: 3 });
    const first = await stopped;
    assert.match(String(stopped), /step-000003\n/);
    assert.match(String(first), /Go on from the checkpoint of step 3: trainer\.resume\(\)$/);
    const second = await trainer.resume(undefined, { display: false });
    assert.ok(second.peakMemory! >= first.peakMemory!);
    assert.ok(second.otherWork.validation! > first.otherWork.validation!);
    assert.equal(second.tokensPerSecond, second.tokens / second.seconds);
    const over = await trainer.resume(folder, { display: false }); // does nothing more
    assert.ok(over.peakMemory! >= second.peakMemory!);
    assert.match(String(over), /^pretrain 6\/6 done .* tokens\/s/);
    assert.doesNotMatch(String(over), /energy|Go on/);
  });
});

Deno.test("an unknown energy shows only where someone asked for energy", async () => {
  using model = await tinyModel();
  const shown = async (energy: TrainerOptions["energy"]) => {
    const chain = new Trainer(model, { energy }).pretrain(tokens(8), {
      ...short,
      steps: 2,
      validation: false,
    });
    return await chain.run({ display: false });
  };
  const { energy } = await shown({});
  const known = energy!.wattHours !== undefined; // where the processor's counter can be read
  assert.equal(/^ {2}energy/m.test(String(await shown({}))), known);
  assert.match(String(await shown({ pue: 1 })), known ? /energy +.*Wh/ : /energy +unknown: give watts/);
  assert.equal(energy!.source.startsWith("unknown"), !known, "the plain data keep it");
});
