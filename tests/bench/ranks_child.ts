/**
 * Training steps of the bench model as one rank of several, or alone. The first rank answers with one line of JSON.
 *
 *     deno run -A tests/bench/ranks_child.ts STEPS
 *
 * @module
 */
import { gatherValues } from "../../src/base/exchange.ts";
import { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { ParallelStep } from "../../src/model/training/parallel/parallel_step.ts";
import { keptTargets, TrainingStep } from "../../src/model/training/training_step.ts";
import { benchShape, makeStart, startRows } from "./start.ts";
import { learningRate, stepOptions } from "./step.ts";

/** The answer of a run of ranks. */
export interface RanksAnswer {
  /** Number of ranks. */
  ranks: number;
  /** Milliseconds of a step. */
  stepMs: number;
  /** Tokens of a step, over all ranks. */
  tokens: number;
  /** Share of the step in which an exchange goes on, on the rank that has most of it; 0 for one rank. */
  exchanging: number;
  /** Share of the step that the ranks wait for exchanges, or copy for them. */
  overhead: number;
  /** Losses of the first steps, which are those of one batch, however many ranks train on copies of it. */
  losses: number[];
}

const steps = Number(Deno.args[0]);
const warm = 2;
const model = await Model.create(benchShape, { seed: 1 });
const { ranks: { world, data, model: modelGroup } } = stateOf(model);
const start = makeStart();
model.setParameters(start.weights);
const rows = startRows(start); // every rank has as many sequences as one alone: weak scaling
const options = { ...stepOptions, save: "all" as const };

async function alone(): Promise<{ stepMs: number; losses: number[] }> {
  const step = await TrainingStep.create(model, options);
  for (let n = 1; n <= warm; n++) step.run(rows, n, learningRate);
  const losses = (await step.read()).map(({ loss }) => loss);
  const begin = performance.now();
  for (let n = warm + 1; n <= warm + steps; n++) step.run(rows, n, learningRate);
  await step.read();
  return { stepMs: (performance.now() - begin) / steps, losses };
}

async function together(): Promise<
  { stepMs: number; losses: number[]; exchanging: number; computing: number }
> {
  const ranks = { world, data, model: modelGroup };
  const step = await ParallelStep.create(model, options, { ranks, lanes: world.size });
  const kept = world.size * keptTargets(rows);
  for (let n = 1; n <= warm; n++) await step.run([rows], n, learningRate, kept);
  const losses = (await step.read()).map(({ loss }) => loss);
  await world.barrier("bench");
  const before = step.trace().length;
  const begin = performance.now();
  for (let n = warm + 1; n <= warm + steps; n++) await step.run([rows], n, learningRate, kept);
  await step.read();
  const ms = performance.now() - begin;
  const events = step.trace().slice(before);
  const sum = (wanted: string) =>
    events.filter(({ kind }) => kind === wanted).reduce((all, { begin, end }) => all + end - begin, 0);
  return { stepMs: ms / steps, losses, exchanging: sum("exchange") / ms, computing: sum("compute") / ms };
}

let answer: RanksAnswer;
if (world.size === 1) {
  const { stepMs, losses } = await alone();
  answer = { ranks: 1, stepMs, tokens: kept(rows.length), exchanging: 0, overhead: 0, losses };
} else {
  const own = await together();
  const all = await gatherValues(world, own, "answers");
  const most = (of: (one: typeof own) => number) => Math.max(...all.map(of));
  answer = {
    ranks: world.size,
    stepMs: most(({ stepMs }) => stepMs),
    tokens: world.size * kept(rows.length),
    exchanging: most(({ exchanging }) => exchanging),
    overhead: most(({ computing }) => 1 - computing),
    losses: own.losses,
  };
}
if (world.rank === 0) console.log(JSON.stringify(answer));

function kept(sequences: number): number {
  return sequences * benchShape.context;
}
