import assert from "node:assert/strict";
import { notebookSink, pipeSink } from "../../../../src/display/mod.ts";
import type { CardFacts } from "../../../../src/train/monitoring/card/card_facts.ts";
import { showRun } from "../../../../src/train/monitoring/card/run_display.ts";
import { RunLog } from "../../../../src/train/monitoring/run_log.ts";

/** A made-up run of ten steps, and the facts of its card at any time. */
function madeUp(): { log: RunLog; facts: () => CardFacts; train: () => void } {
  const log = new RunLog();
  let status = "running";
  const facts = (): CardFacts => ({
    ...log,
    title: "run 1 of made up",
    status,
    speed: 1721,
    seconds: 2,
    peakMemory: undefined,
    startCall: "trainer.run()",
  });
  const train = () => {
    log.stage = "pretrain";
    log.stages.push({ name: "pretrain", steps: 10, done: 0 });
    log.setNote("");
    for (let step = 1; step <= 10; step++) {
      const numbers = {
        loss: 8 / step,
        gradNorm: 1,
        learningRate: 1e-3,
        tokens: 64 * step,
        seconds: step / 5,
      };
      log.addStep({ step, stage: "pretrain", ...numbers });
      if (step === 3) log.warn("step 3 is made up");
      if (step === 5) log.emit({ type: "sample", step, stage: "pretrain", text: "The\nwhale" });
    }
    status = "done";
    log.emit({ type: "done", step: 10, stage: "pretrain", status: "done", tokens: 640, seconds: 2 });
    log.events.end();
  };
  return { log, facts, train };
}

Deno.test("a pipe gets plain lines: the first, each warning and sample, and the last", async () => {
  const { log, facts, train } = madeUp();
  const lines: string[] = [];
  const shown = showRun(log, facts, pipeSink((line) => lines.push(line)));
  train();
  await shown;
  assert.deepEqual(lines, [
    "pretrain 0/10  1,721 tokens/s",
    "Warning: step 3 is made up",
    "Sample after step 5: The whale",
    "pretrain 10/10 done  loss 0.8000  1,721 tokens/s  took 2.0 s",
  ]);
});

Deno.test("a notebook gets the card at once, while the cell that starts the run is the one that runs", async () => {
  const { log, facts, train } = madeUp();
  const kinds: string[] = [];
  const send = (type: string) => Promise.resolve(void kinds.push(type));
  const shown = showRun(log, facts, notebookSink(send));
  assert.deepEqual(kinds, ["display_data"]);
  train();
  await shown;
  assert.deepEqual([...new Set(kinds)], ["display_data", "update_display_data"]);
});

Deno.test("a card that cannot be drawn does not end the run", async () => {
  const { log, train } = madeUp();
  const said: unknown[] = [];
  const before = console.error;
  console.error = (text: unknown) => said.push(text);
  try {
    const shown = showRun(log, () => assert.fail("no card"), pipeSink(() => {}));
    train();
    await shown;
  } finally {
    console.error = before;
  }
  assert.deepEqual(said, ["The display of the run failed, the run goes on:"]);
});
