/**
 * The folder of a run: `step-000123` for its newest steps, and one folder named after each stage for its last step.
 *
 * @module
 */
import { ConfigError, FormatError } from "../../base/errors.ts";
import { digest } from "../../base/cache.ts";
import { fileError } from "../../base/file_problem.ts";
import { fromRank, gatherValues, type Group } from "../../base/exchange.ts";
import { madeOf, rankName, shownByFirst, together } from "../../base/together.ts";
import { lazily } from "../../base/lazy_import.ts";
import { singleGroup } from "../../parallel/mod.ts";
import { makeSharedFolder } from "../../model/ranks/shared_folder.ts";
import type { Checkpoint, CheckpointContent } from "./checkpoint.ts";
import { isDraft } from "./draft_folder.ts";
import { storageError } from "./storage_errors.ts";
import { readState, type RunState } from "../monitoring/run_state.ts";
import type { KeepOptions } from "../trainer_options.ts";

/** The folder of a run's checkpoints. */
export class CheckpointFolder {
  /** Path of the newest checkpoint, written by this session or the one before. */
  newest?: string;
  /** True while the folder holds checkpoints of a run that this one replaces. */
  #replace: boolean;
  #world: Group = singleGroup;

  /**
   * Describes a folder without touching it.
   *
   * @param path the folder
   * @param keep the steps to keep
   * @param replace true to remove the checkpoints of an earlier run when the first one is written
   */
  constructor(readonly path: string, readonly keep: Required<KeepOptions>, replace: boolean) {
    this.#replace = replace;
  }

  /**
   * Makes the folder and removes half-written checkpoints. Every rank calls it.
   *
   * @throws {ConfigError} for a folder that cannot be written, or that is not one for all ranks, before any training
   */
  async prepare(world: Group = singleGroup): Promise<void> {
    this.#world = world;
    await makeSharedFolder(world, this.path, "Trainer.checkpoint").catch((error) => {
      throw madeOf(storageError(error, this.path), error);
    });
    await together(world, "checkpoint folder", async () => {
      try {
        await Deno.remove(await Deno.makeTempFile({ dir: this.path, prefix: "." })); // it may exist and be read-only
      } catch (error) {
        throw storageError(error, this.path);
      }
      if (world.rank > 0) return;
      for (const { name } of [...Deno.readDirSync(this.path)]) {
        if (isDraft(name)) await Deno.remove(`${this.path}/${name}`, { recursive: true });
      }
    });
  }

  /**
   * Writes the checkpoint of a step and removes old ones. The last step of a stage is linked under the stage's name, and
   * the best step, where that is kept, under the stage's name with `-best`. Every rank calls it.
   *
   * @returns the folder of the checkpoint
   */
  async write(content: CheckpointContent, signal: AbortSignal): Promise<string> {
    const { state } = content;
    const path = `${this.path}/${stepName(state.step)}`;
    const world = this.#world;
    const { linkCheckpoint, writeCheckpoint } = await lazily(() => import("./checkpoint.ts"));
    await together(
      world,
      "earlier run",
      () => world.rank === 0 && this.#replace ? this.#removeEarlierRun() : undefined,
    );
    await writeCheckpoint(path, content, signal);
    await together(world, "links", async () => {
      if (world.rank > 0) return;
      if (state.stageStep === state.stageSteps) await linkCheckpoint(path, `${this.path}/${state.stage}`);
      if (this.keep.best && isBest(state)) await linkCheckpoint(path, `${this.path}/${state.stage}-best`);
      await this.#prune(state);
    });
    return this.newest = path;
  }

  /** Removes the checkpoints of the run that this one replaces; its later steps would pass for this run's. */
  async #removeEarlierRun(): Promise<void> {
    this.#replace = false;
    for (const name of checkpointNames(this.path)) {
      await Deno.remove(`${this.path}/${name}`, { recursive: true });
    }
  }

  /** Removes old steps, except the last one of each stage; steps beyond the present one stay until it reaches them. */
  async #prune({ step, stages }: Omit<RunState, "files">): Promise<void> {
    const ends = new Set<number>();
    let end = 0;
    for (const { steps, done } of stages) if (done === steps) ends.add(end += steps);
    const done = stepsIn(this.path).filter((other) => other <= step);
    for (const old of done.slice(0, -this.keep.last)) {
      if (!ends.has(old)) await Deno.remove(`${this.path}/${stepName(old)}`, { recursive: true });
    }
  }
}

/** Returns true when the step has the lowest validation loss of its stage; the measurement before step 1 does not count. */
export function isBest(
  { step, stage, validations }: Pick<RunState, "step" | "stage" | "validations">,
): boolean {
  const ofStage = validations.filter((one) => one.stage === stage).slice(1);
  const last = ofStage.at(-1);
  return last?.step === step && ofStage.every(({ loss }) => loss >= last.loss);
}

function stepName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** Returns the steps in a folder, ascending; none where there is no folder. */
function stepsIn(path: string): number[] {
  return namesIn(path).flatMap((name) => name.match(/^step-(\d{6,})$/)?.[1] ?? []).map(Number)
    .sort((a, b) => a - b);
}

function namesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw fileError(error, `use ${path} for checkpoints`, "Trainer.checkpoint");
  }
}

/** Returns the names of the checkpoints in a folder, whole or damaged: of steps, of stages, and of their best steps. */
export function checkpointNames(path: string): string[] {
  return namesIn(path).filter((name) =>
    /^step-\d{6,}$/.test(name) ||
    (/^(pretrain|instruct)(-\d+)?(-best)?$/.test(name) && hasState(`${path}/${name}`))
  );
}

/**
 * Refuses to start a run in a folder that holds checkpoints.
 *
 * @throws {ConfigError} naming the two ways to go on
 */
export function refuseEarlierRun(path: string | undefined): void {
  if (path === undefined || !checkpointNames(path).length) return;
  throw new ConfigError(
    `Cannot run: ${path} holds the checkpoints of an earlier run. Go on with resume(), or replace it with ` +
      "run({ overwrite: true })",
    { path: "Trainer.checkpoint", value: path },
  );
}

/** Returns true for the folder of a checkpoint. */
export function hasState(path: string): boolean {
  try {
    return Deno.statSync(`${path}/state.json`).isFile;
  } catch {
    return false;
  }
}

/**
 * Finds the newest whole checkpoint at `path`: a run's folder, or one checkpoint of it, which then must be whole. Ranks call
 * it together: rank 0 looks for checkpoints, and all check their files.
 *
 * @param onSkipped called on rank 0 for each damaged checkpoint that was passed over
 * @throws {ConfigError} where there is none, or a rank finds another one at the path
 * @throws {FormatError} naming the damaged file when there is no whole one
 */
export async function findCheckpoint(
  path: string,
  onSkipped: (damaged: FormatError, used: string) => void,
  world: Group = singleGroup,
): Promise<Checkpoint> {
  const { openCheckpoint } = await lazily(() => import("./checkpoint.ts"));
  const one = await fromRank(world, 0, "find", () => hasState(path));
  if (one) {
    return await sameOnAll(world, openCheckpoint(path, world)).catch((error) =>
      offerAnother(path, error, world)
    );
  }
  const damaged: FormatError[] = [];
  for (const candidate of await fromRank(world, 0, "find", () => newestFirst(path))) {
    try {
      const found = await sameOnAll(world, openCheckpoint(candidate, world));
      if (world.rank === 0) { for (const error of damaged) onSkipped(error, found.path); }
      return found;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damaged.push(error);
    }
  }
  throw shownByFirst(world, damaged[0] ?? nothingToResume(path));
}

/** Checks that all ranks have opened the same checkpoint. */
async function sameOnAll(world: Group, opening: Promise<Checkpoint>): Promise<Checkpoint> {
  const found = await opening;
  const hashes = await gatherValues(world, await digest(JSON.stringify(found.state)), "found");
  const other = hashes.findIndex((hash) => hash !== hashes[0]);
  if (other < 0) return found;
  throw shownByFirst(
    world,
    new ConfigError(
      `Cannot resume from ${found.path}: ${rankName(world, other)} finds another checkpoint there than ${
        rankName(world, 0)
      }. All ranks need one folder, on a file system that their hosts share`,
      { path: "Trainer.resume", value: found.path },
    ),
  );
}

/** Rethrows a damaged checkpoint's error, with the name of the newest whole one beside it. */
async function offerAnother(path: string, error: unknown, world: Group): Promise<never> {
  if (!(error instanceof FormatError)) throw error;
  const { openCheckpoint } = await lazily(() => import("./checkpoint.ts"));
  const [, folder = ".", damaged] = path.match(/^(?:(.*)\/)?([^/]+)$/)!;
  for (const other of await newestFirst(folder)) {
    if (other.endsWith(`/${damaged}`) || !await openCheckpoint(other).catch(() => undefined)) continue;
    const { file, offset, expected } = error;
    const message = error.message.startsWith(file ?? "")
      ? error.message.replace(/^.*?: /, "")
      : error.message;
    const offer = `${message}. Another one is whole: resume(${JSON.stringify(other)})`;
    throw shownByFirst(world, new FormatError(offer, { file, offset, expected, cause: error }));
  }
  throw error;
}

/** Returns the error of a folder without checkpoints. */
export function nothingToResume(path: string): ConfigError {
  return new ConfigError(`Cannot resume: there is no checkpoint in ${path}; start with run()`, {
    path: "Trainer.resume",
    value: path,
  });
}

/** Returns the checkpoints in a folder, newest first; the folder of a stage stands behind the step that it repeats. */
async function newestFirst(path: string): Promise<string[]> {
  const found: { path: string; step: number }[] = [];
  for (const name of checkpointNames(path)) {
    const folder = `${path}/${name}`;
    const number = name.match(/^step-(\d+)$/)?.[1];
    const step = number ? Number(number) + 0.5 : await readState(folder).then(({ step }) => step, () => -1);
    found.push({ path: folder, step });
  }
  return found.sort((a, b) => b.step - a.step).map(({ path }) => path);
}
