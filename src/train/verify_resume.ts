/**
 * Proves exact resume on the user's own plan: a short run in one session against the same run in three sessions.
 *
 * Each stage is shortened to its first steps. One copy of the model trains without a break; another is stopped in the
 * first stage and in the last, and a fresh copy resumes each time. Their last checkpoints are compared by checksum.
 *
 * @module
 */
import { fromRank } from "../base/exchange.ts";
import { lazily } from "../base/lazy_import.ts";
import { Displayable, type Picture, withProgress } from "../display/mod.ts";
import type { Model } from "../model/mod.ts";
import type { Checkpoint } from "./checkpoints/checkpoint.ts";
import { CheckpointFolder } from "./checkpoints/checkpoint_folder.ts";
import { type RunSpec, stagesOf } from "./loop/run_context.ts";
import { Run } from "./run.ts";

/** The facts of a proof. */
export interface ResumeProofFacts {
  /** True when weights, moments, losses and measurements are the same bits. */
  exact: boolean;
  /** Updates that were done. */
  steps: number;
  /** Steps after which the second copy was stopped. */
  stops: readonly number[];
  /** The first difference, where there is one. */
  difference?: string;
}

/** The result of {@linkcode Trainer.verifyResume}. */
export class ResumeProof extends Displayable implements ResumeProofFacts {
  readonly exact: boolean;
  readonly steps: number;
  readonly stops: readonly number[];
  readonly difference?: string;

  /** Makes a proof that is exact unless there is a difference. */
  constructor({ steps, stops, difference }: Omit<ResumeProofFacts, "exact">) {
    super();
    this.exact = difference === undefined;
    this.steps = steps;
    this.stops = stops;
    this.difference = difference;
  }

  /** Returns the facts as plain data. */
  toJSON(): ResumeProofFacts {
    const { exact, steps, stops, difference } = this;
    return { exact, steps, stops, difference };
  }

  /** Shows the facts in one sentence. */
  picture(): Picture {
    const tested = `${this.steps} steps in one go, and stopped after ${this.stops.join(" and ")}`;
    return {
      text: this.exact
        ? `Resume is exact: ${tested}, bit for bit`
        : `Not exact: ${this.difference} (${tested})`,
    };
  }
}

/** Runs the proof in temporary folders, with each stage shortened to `steps`; the model itself is not touched. */
export async function verifyResume(
  spec: RunSpec,
  steps: number,
  signal?: AbortSignal,
): Promise<ResumeProof> {
  const { world } = spec.parallel.ranks;
  const folder = await fromRank(world, 0, "folder", () => Deno.makeTempDir({ prefix: "llamero_verify_" }));
  const short = shortened(spec, steps);
  const stages = short.chain.length;
  const stops = [...new Set([Math.ceil(steps / 2), (stages - 1) * steps + Math.floor(steps / 2)])];
  try {
    const sessions = { total: stops.length + 2, unit: "session" };
    return await withProgress("proving exact resume", sessions, async (progress) => {
      const whole = await session(short, `${folder}/whole`, { signal });
      progress.add();
      await session(short, `${folder}/parts`, { signal, until: stops[0] });
      progress.add();
      for (const until of [...stops.slice(1), undefined]) {
        await session(short, `${folder}/parts`, { signal, until, resume: true });
        progress.add();
      }
      const compare = async () => ({
        difference: await differenceOf(
          await lastCheckpoint(`${folder}/whole`),
          await lastCheckpoint(`${folder}/parts`),
        ),
      });
      return new ResumeProof({ steps: whole, stops, ...await fromRank(world, 0, "difference", compare) });
    });
  } finally {
    if (world.rank === 0) await Deno.remove(folder, { recursive: true });
  }
}

/** Returns the run with shortened stages, without evaluations, samples and the usual checkpoints. */
function shortened(spec: RunSpec, steps: number): RunSpec {
  const chain = stagesOf(spec.chain).map((stage) => {
    const settings = { ...stage.settings, length: { steps }, sampleEvery: null, checkpointEvery: steps };
    return { stage: { ...stage, settings } };
  });
  return { ...spec, chain, energy: false, logs: undefined };
}

/** Trains a copy of the model in a folder; returns the number of the run's steps so far. */
async function session(
  spec: RunSpec,
  path: string,
  { signal, until, resume }: { signal?: AbortSignal; until?: number; resume?: boolean },
): Promise<number> {
  using model: Model = await spec.model.clone();
  const folder = new CheckpointFolder(path, { last: 1, best: false }, false);
  const from = resume ? { path, force: false } : undefined;
  const run = new Run({ ...spec, model, folder, until, resume: from }, { signal, display: false });
  return (await run.finished).history.length;
}

async function lastCheckpoint(path: string): Promise<Checkpoint> {
  const steps = [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) =>
    name.startsWith("step-")
  );
  const { openCheckpoint } = await lazily(() => import("./checkpoints/checkpoint.ts"));
  return await openCheckpoint(`${path}/${steps.sort().at(-1)}`);
}

async function differenceOf(a: Checkpoint, b: Checkpoint): Promise<string | undefined> {
  const entriesOf = ({ state: { history, validations } }: Checkpoint) => [
    ...history.map(({ seconds: _, ...entry }) => entry),
    ...validations,
  ];
  const [one, two] = [entriesOf(a), entriesOf(b)];
  const at = one.findIndex((entry, i) => JSON.stringify(entry) !== JSON.stringify(two[i]));
  if (at >= 0) {
    return `step ${one[at].step} gave ${JSON.stringify(two[at])} and not ${JSON.stringify(one[at])}`;
  }
  for (const [file, kind] of [["model", "weight"], ["optimizer", "moment"]]) {
    const name = `${file}.safetensors`;
    if (a.state.files[name].sha256 === b.state.files[name].sha256) continue;
    return `the ${kind} ${await differingTensor(`${a.path}/${name}`, `${b.path}/${name}`)} has other bits`;
  }
}

async function differingTensor(a: string, b: string): Promise<string> {
  const { readSafetensors } = await lazily(() => import("../formats/mod.ts"));
  const [one, two] = [(await readSafetensors(a)).tensors, (await readSafetensors(b)).tensors];
  const bits = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (const [name, { data }] of one) {
    const other = bits(two.get(name)!.data);
    if (bits(data).some((byte, i) => byte !== other[i])) return name;
  }
  return "file";
}
