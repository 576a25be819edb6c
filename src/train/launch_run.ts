/**
 * A run on ranks of its own: a notebook, which is no rank itself, starts them, shows what they do and takes over the weights
 * at the end.
 *
 * The model and the recipe go to the ranks as files in the folder of the checkpoints, which all hosts share. Events come back
 * as lines on the standard output of rank 0, and commands go to its standard input.
 *
 * @module
 */
import { ConfigError, LlameroError } from "../base/errors.ts";
import { ownParts, resolveParts } from "../model/architecture/parts.ts";
import type { ModelConfig } from "../model/mod.ts";
import { stateOf } from "../model/model_state.ts";
import { startRanks } from "../parallel/start_ranks.ts";
import { type Checkpoint, restoreWeights } from "./checkpoints/checkpoint.ts";
import { findCheckpoint } from "./checkpoints/checkpoint_folder.ts";
import { type RunContext, type RunSpec, stagesOf } from "./loop/run_context.ts";
import type { RunControl } from "./loop/run_control.ts";
import { adoptTemplate } from "./loop/stage_hooks.ts";
import type { DoneEvent, RunEvent } from "./monitoring/events.ts";
import type { RunLog } from "./monitoring/run_log.ts";
import { datasetOf } from "./recipe_data.ts";
import type { LaunchSettings } from "./ranks/launch_settings.ts";
import { importRecipeModule, type RecipeModule } from "./ranks/recipe_module.ts";
import type { Stage } from "./stages/stage.ts";
import {
  commandLine,
  eventOf,
  type LaunchJob,
  type RunCommand,
  streamLines,
  traceFile,
} from "./ranks/rank_messages.ts";

/** Lines of the ranks' errors that an error quotes. [ours] */
const quotedLines = 20;

/** The names of the folders in which a job lies. */
const jobFolder = /^launch-[0-9a-f-]{36}$/;

/**
 * Trains a chain on ranks of its own, until it is over or stopped, and reads the weights of its last checkpoint.
 *
 * @returns the way it ended
 * @throws {ConfigError} for data that ranks cannot make from the recipe, before anything starts
 * @throws {LlameroError} with the last lines of the ranks' errors, when they fail
 */
export async function runLaunched(
  spec: RunSpec & Pick<RunContext, "trace">,
  settings: LaunchSettings,
  control: RunControl,
  log: RunLog,
  onStart: () => void,
): Promise<"done" | "stopped"> {
  await checkRecipe(spec, settings);
  onStart();
  log.startClock();
  const folder = spec.folder!;
  const job = `${folder.path}/launch-${crypto.randomUUID()}`;
  try {
    if (settings.resume) log.restore((await newest(spec)).state);
    log.setNote(`starting ${settings.ranks} ranks`);
    await writeJob(job, spec, settings);
    const done = await followRanks(job, spec, settings, control, log);
    control.aborting.throwIfAborted();
    log.energyElsewhere = done.energy;
    spec.trace.takeOver(JSON.parse(await Deno.readTextFile(traceFile(`${job}/job.json`))));
    await takeOver(spec, log);
    return done.status as "done" | "stopped";
  } finally {
    log.stopClock();
    await Deno.remove(job, { recursive: true }).catch(() => {});
  }
}

/** Refuses data, evaluations and parts that the ranks cannot make from the recipe and the exports of the module. */
async function checkRecipe({ chain, model }: RunSpec, { recipe, module }: LaunchSettings): Promise<void> {
  const parts = await importRecipeModule(module);
  requireOwnParts(model.config, parts.parts, module);
  for (const stage of recipe.stages) {
    if (!("data" in stage)) continue;
    for (const data of [stage.data, stage.validation]) if (data) datasetOf(data, parts);
  }
  const wanted = chain.filter((item) => "evaluation" in item).length;
  const given = parts.evaluations?.length ?? 0;
  if (wanted === given) return;
  throw new ConfigError(
    `Cannot launch: the chain has ${wanted} evaluations, which no recipe holds, and the module exports ${given}. ` +
      "Name a module that exports them in their order: launch({ ranks, module }) with export const evaluations = [...]",
    { path: "Trainer.launch.module", value: module },
  );
}

/** Refuses a model with parts of the user's own that the module does not export. */
function requireOwnParts(
  config: ModelConfig,
  given: RecipeModule["parts"],
  module: string | undefined,
): void {
  const wanted = ownParts(config);
  const found = ownParts({ parts: resolveParts(given) });
  if (wanted.join() === found.join()) return;
  throw new ConfigError(
    `Cannot launch: the model has ${wanted.join(" and ") || "no part of your own"}, the module exports ${
      found.join(" and ") || "none"
    }, and the ranks ` +
      "have no other way to a function. Name a module that exports the parts: launch({ ranks, module }) with export const " +
      "parts = { ... }",
    { path: "Trainer.launch.module", value: module },
  );
}

/** Writes the model and the job into a folder of its own, and removes those of kernels that were killed. */
async function writeJob(
  path: string,
  { model, folder, until }: RunSpec,
  settings: LaunchSettings,
): Promise<void> {
  await Deno.mkdir(folder!.path, { recursive: true });
  for await (const { name } of Deno.readDir(folder!.path)) {
    if (jobFolder.test(name)) await Deno.remove(`${folder!.path}/${name}`, { recursive: true });
  }
  await Deno.mkdir(path);
  await model.save(`${path}/model`, { format: model.config.parts ? "llamero" : "hf" });
  const { recipe, modelRanks, module, resume, overwrite } = settings;
  const dtype = stateOf(model).dtype === "f16" ? "f16" : "f32";
  const job: LaunchJob = {
    recipe,
    model: `${path}/model`,
    dtype,
    modelRanks,
    module,
    resume,
    overwrite,
    until,
  };
  await Deno.writeTextFile(`${path}/job.json`, JSON.stringify(job));
}

/** Starts the ranks, hands on commands and takes their events, and waits until they have ended. */
async function followRanks(
  path: string,
  spec: RunSpec,
  { ranks, launcher }: LaunchSettings,
  control: RunControl,
  log: RunLog,
): Promise<DoneEvent> {
  const { child, end } = await startRanks({
    ranks,
    launcher,
    script: import.meta.resolve("./rank.ts"),
    args: [`${path}/job.json`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const input = child.stdin.getWriter();
  const send = (command: RunCommand) => {
    if (command.verb === "stop" && control.stops > 1) end();
    input.write(new TextEncoder().encode(commandLine(command))).catch(() => {}); // they have ended
  };
  for (let i = 0; i < control.stops; i++) send({ verb: "stop" });
  control.onCommand = send;
  try {
    const errors = readErrors(child.stderr);
    const done = await readEvents(child.stdout, spec, log);
    const { code } = await child.status;
    const lines = await errors;
    control.aborting.throwIfAborted();
    if (done && done.status !== "failed" && code === 0) return done;
    throw new LlameroError(failure(done, code, lines));
  } finally {
    control.onCommand = undefined;
    await input.close().catch(() => {});
  }
}

/** Takes the events of the ranks and returns the last one; what users' functions print goes to the console. */
async function readEvents(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  spec: RunSpec,
  log: RunLog,
): Promise<DoneEvent | undefined> {
  let done: DoneEvent | undefined;
  for await (const line of streamLines(stream)) {
    const event = eventOf(line);
    if (!event) console.log(line);
    else if (event.type === "done") done = event;
    else takeEvent(event, spec, log);
  }
  return done;
}

/** Records an event as if the run were in this process. */
function takeEvent(event: RunEvent, { folder }: RunSpec, log: RunLog): void {
  switch (event.type) {
    case "stage": {
      if (log.stages.at(-1)?.name === event.stage) log.stages.pop();
      log.stage = event.stage;
      log.stages.push({ name: event.stage, steps: event.steps, done: event.done });
      return log.emit(event);
    }
    case "step": {
      const { type: _, ...entry } = event;
      log.setNote("");
      return log.addStep(entry);
    }
    case "validation":
      return log.addValidation(event);
    case "warning":
      return log.warn(event.message);
    case "checkpoint":
      folder!.newest = event.path;
      log.saved = event.step;
      return log.emit(event);
    default:
      log.emit(event);
  }
}

/** Returns the last lines of the ranks' errors. */
async function readErrors(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of streamLines(stream)) {
    if (line.trim() === "") continue;
    lines.push(line);
    if (lines.length > quotedLines) lines.shift();
  }
  return lines;
}

function failure(done: DoneEvent | undefined, code: number, lines: readonly string[]): string {
  const head = `The ranks failed (exit code ${code})`;
  if (done?.error !== undefined) return `${head}. ${done.error}`;
  return lines.length ? `${head}. Their last lines:\n${lines.join("\n")}` : head;
}

/** Reads weights, log and chat template of the last checkpoint. */
async function takeOver(spec: RunSpec, log: RunLog): Promise<void> {
  const checkpoint = await newest(spec).catch(() => undefined); // a run that was stopped at once has none
  if (!checkpoint) return;
  const { model, chain } = spec;
  log.setNote("reading the weights");
  await restoreWeights(model, checkpoint);
  log.stopClock(); // the seconds of work are those of the ranks
  log.restore(checkpoint.state);
  for (const stage of reached(stagesOf(chain), checkpoint)) adoptTemplate(model, stage, log);
}

function reached(stages: readonly Stage[], { state }: Checkpoint): readonly Stage[] {
  return stages.slice(0, state.index + 1);
}

function newest({ folder }: RunSpec): Promise<Checkpoint> {
  return findCheckpoint(folder!.path, () => {});
}
