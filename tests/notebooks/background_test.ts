// A run that is not awaited, in a real Deno kernel: other cells answer meanwhile, its card is updated under the cell that
// started it, it is paused, resumed, stopped by the Stop button and continued from its checkpoint, and nothing is lost.
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { number } from "../../src/display/mod.ts";
import { Kernel } from "./kernel.ts";
import { code, withNotebook } from "./made_up.ts";
import { type Cell, joined, type Output, readNotebook } from "./notebook.ts";
import { Session } from "./run.ts";

const setup = `import { Dataset, Model, Trainer } from "@llamero/sdk";
const rows = Array.from({ length: 64 }, (_, r) => Uint32Array.from({ length: 17 }, (_, i) => (r * 5 + i * i * 3) % 64));
const make = (seed) => Model.create({ dim: 32, layers: 2, heads: 2, vocabSize: 64 }, { context: 16, seed });
const trainer = (model, checkpoint) => new Trainer(model, { checkpoint })
  .pretrain(Dataset.tokens(rows), { steps: 2500, batchTokens: 64, validation: false, learningRate: 1e-3 });
const weights = async (model) => {
  let sum = 0;
  for (const [, data] of await model.parameters()) for (const word of new Uint32Array(data.buffer)) sum = (Math.imul(sum, 31) + word) >>> 0;
  return sum;
};
let run;
const facts = () => JSON.stringify({ status: run.status, steps: run.history.length });`;

const steps = 2500;
const running = /^pretrain [1-9][\d,]*\/2,500 {2}/;

/** A notebook as a person uses it: running a cell now and then, and watching outputs in between. */
class Notebook {
  /** The text of each output when it appeared or changed. */
  readonly heard: string[] = [];
  /** The cells so far, with their outputs. */
  readonly cells: Cell[] = [];
  readonly #session: Session;

  constructor(readonly kernel: Kernel) {
    this.#session = new Session(kernel, (output) => {
      if (output) this.heard.push(textOf(output));
    });
  }

  /** Runs a cell that prints one value. */
  async run(source: string): Promise<string> {
    const cell = code(source);
    this.cells.push(cell);
    await this.#session.run(cell);
    return cell.outputs!.flatMap((output) => output.text ? [joined(output.text)] : []).join("").trim();
  }

  /** Returns the status and the number of steps of the run. */
  async facts(): Promise<{ status: string; steps: number }> {
    return JSON.parse(await this.run("console.log(facts());"));
  }

  /** Waits until an output matches `pattern`. */
  async until(pattern: RegExp): Promise<void> {
    const from = this.heard.length;
    const deadline = performance.now() + 60_000;
    while (!this.heard.slice(from).some((text) => pattern.test(text))) {
      assert.ok(performance.now() < deadline, `no ${pattern} in ${this.heard.at(-1)}`);
      await Promise.race([wait(20), this.kernel.death]);
    }
  }
}

Deno.test("a run in the background: other cells, pause, resume, Stop, continue", async () => {
  await withNotebook([code("1")], async (path) => {
    const kernel = await Kernel.start(dirname(path));
    try {
      await drive(new Notebook(kernel));
    } finally {
      await kernel.close();
    }
  });
});

async function drive(notebook: Notebook): Promise<void> {
  await notebook.run(setup);
  const whole = await notebook.run(
    `const whole = await make(42);\nawait trainer(whole, "whole").run({ display: false });\nconsole.log(await weights(whole));`,
  );
  const first = await started(notebook, `const model = await make(42);\nrun = trainer(model, "held").run();`);
  await otherCells(notebook);
  await pausedAndResumed(notebook);
  notebook.kernel.interrupt(); // no cell runs
  await stopped(notebook, first);

  // The weights of the other model come from the checkpoint.
  const second = await started(
    notebook,
    `const other = await make(7);\nrun = trainer(other, "held").resume();`,
  );
  const beside = notebook.run(
    `console.log("busy");\nawait new Promise((r) => setTimeout(r, 1000));\nconsole.log("still here");`,
  );
  await notebook.until(/^busy/);
  notebook.kernel.interrupt();
  assert.equal(await beside, "busy\nstill here", "Stop ends the run, not the running cell");
  await stopped(notebook, second);

  const third = await started(notebook, `const last = await make(8);\nrun = trainer(last, "held").resume();`);
  const end = `const { status, history, exact } = await run;
console.log(status, exact, history.length, history.every(({ step }, i) => step === i + 1), await weights(last));`;
  assert.equal(await notebook.run(end), `done true ${steps} true ${whole}`);
  assert.match(shownBy(third), /^pretrain 2,500\/2,500 done/);
  await keeps(notebook, [first, second, third]);
  notebook.kernel.interrupt();
  await notebook.until(/Nothing is running/);
  assert.equal(await notebook.run("console.log(run.status);"), "done");
}

/** Runs a cell that starts a run, and waits until its card shows steps while no cell runs. */
async function started(notebook: Notebook, source: string): Promise<Cell> {
  await notebook.run(source);
  await notebook.until(running);
  return notebook.cells.at(-1)!;
}

/** Checks that other cells answer while the run goes on. */
async function otherCells(notebook: Notebook): Promise<void> {
  const before = await notebook.facts();
  const sum = "let sum = 0;\nfor (let i = 1; i <= 1e6; i++) sum += i;\nconsole.log(sum);";
  assert.equal(await notebook.run(sum), "500000500000");
  const owner =
    `const { displayOwner } = await import("@llamero/sdk/display");\nconsole.log(displayOwner());`;
  assert.equal(await notebook.run(owner), "undefined", "what a cell does is no work of the run");
  let after = before; // the first frame may be older than the cells
  while (after.status === "running" && after.steps <= before.steps) {
    await notebook.until(running);
    after = await notebook.facts();
  }
  assert.equal(after.status, "running");
  assert.ok(after.steps > before.steps, "the run goes on beside the cells");
}

/** Checks that pause() stops the steps and is shown by the card, and that resume() continues them. */
async function pausedAndResumed(notebook: Notebook): Promise<void> {
  await notebook.run("run.pause();");
  await notebook.until(/^pretrain [\d,]+\/2,500 paused/);
  const paused = await notebook.facts();
  const shown = cards(notebook);
  assert.equal(paused.status, "paused");
  await wait(600);
  assert.deepEqual(await notebook.facts(), paused);
  assert.equal(cards(notebook), shown, "a paused run has nothing to show");
  await notebook.run("run.resume();");
  await notebook.until(running);
  const resumed = await notebook.facts();
  assert.equal(resumed.status, "running");
  assert.ok(resumed.steps > paused.steps, `${resumed.steps} steps after a pause at ${paused.steps}`);
}

/** Checks that Stop ended the run at its last step, and that the kernel is alive. */
async function stopped(notebook: Notebook, card: Cell): Promise<void> {
  const { status, steps: done } = JSON.parse(await notebook.run("await run;\nconsole.log(facts());"));
  assert.equal(status, "stopped");
  assert.ok(done > 0 && done < steps, `stopped at step ${done}`);
  assert.match(shownBy(card), new RegExp(`^pretrain ${number(done)}/2,500 stopped`));
}

/** Checks that each cell that started a run shows one card in its last state and no more, in the saved notebook too. */
async function keeps(notebook: Notebook, cards: readonly Cell[]): Promise<void> {
  for (const { outputs } of cards) {
    assert.deepEqual(outputs!.map(({ output_type }) => output_type), ["display_data"]);
  }
  await withNotebook(notebook.cells, async (path) => {
    const { cells } = await readNotebook(path);
    const saved = cells.filter((_, i) => cards.includes(notebook.cells[i])).map(shownBy);
    assert.deepEqual(saved, cards.map(shownBy));
  });
}

/** Returns the text of the card under the cell that started its run. */
function shownBy(cell: Cell): string {
  return textOf(cell.outputs!.find((output) => output.output_type === "display_data")!);
}

function textOf(output: Output): string {
  return joined(output.text ?? output.data?.["text/plain"] as string ?? "");
}

/** Returns the number of times that a card was shown or changed so far. */
function cards(notebook: Notebook): number {
  return notebook.heard.filter((text) => text.startsWith("pretrain")).length;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
