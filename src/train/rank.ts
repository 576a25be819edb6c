/**
 * A rank of a run that `trainer.launch` started: it makes model and trainer from the job's file and trains.
 *
 * Rank 0 writes the events of the run to its standard output and takes commands from its standard input.
 *
 * @module
 */
import { Model } from "../model/mod.ts";
import { openWorld } from "../parallel/mod.ts";
import { eventLine, type LaunchJob, type RunCommand, streamLines, traceFile } from "./ranks/rank_messages.ts";
import { importRecipeModule } from "./ranks/recipe_module.ts";
import type { LaunchedTrace } from "./ranks/run_trace.ts";
import { trainerOf } from "./recipe_trainer.ts";
import type { Run } from "./run.ts";

/** Trains the job in the file at `path`; returns when the run has ended. */
async function trainJob(path: string): Promise<void> {
  const job: LaunchJob = JSON.parse(await Deno.readTextFile(path));
  const { recipe, dtype, modelRanks, until, resume, overwrite } = job;
  const world = await openWorld();
  const parallel = { model: modelRanks };
  const { parts, ...functions } = await importRecipeModule(job.module);
  const model = await Model.load(job.model, { dtype, name: recipe.model.name, parallel, parts });
  const trainer = trainerOf(recipe, model, functions);
  const run = resume
    ? trainer.resume(undefined, { display: false, until })
    : trainer.run({ display: false, overwrite, until });
  if (world.rank === 0) {
    const written = writeEvents(run);
    takeCommands(run);
    const result = await run.finished.catch(() => undefined);
    await written;
    if (result) await writeTrace(traceFile(path), { trace: run.trace(), overlap: result.overlap });
  }
  await run;
}

async function writeTrace(path: string, trace: LaunchedTrace): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(trace));
}

async function writeEvents(run: Run): Promise<void> {
  const output = Deno.stdout.writable.getWriter();
  for await (const event of run.events()) await output.write(new TextEncoder().encode(eventLine(event)));
  output.releaseLock();
}

async function takeCommands(run: Run): Promise<void> {
  for await (const line of streamLines(Deno.stdin.readable)) {
    const { verb, count }: RunCommand = JSON.parse(line);
    if (verb === "stop") run.stop().catch(() => {});
    else if (verb === "step") run.step(count);
    else run[verb]();
  }
}

if (import.meta.main) {
  await trainJob(Deno.args[0]);
  Deno.exit(0); // the standard input may stay open
}
