/**
 * The proof of exact resume on a plan of one's own: a short run in one go against the same run in three sessions.
 *
 * Each stage is cut to its first steps. One copy of the model trains without a break, another is stopped in the first
 * stage and in the last, and a fresh copy goes on each time. What both leave behind is compared by checksum.
 *
 * @module
 */
import { Displayable, type Picture } from "../display/mod.ts";
import { readSafetensors } from "../formats/mod.ts";
import type { Model } from "../model/mod.ts";
import { openCheckpoint } from "./checkpoints/checkpoint.ts";
import { CheckpointFolder } from "./checkpoints/checkpoint_folder.ts";
import type { RunContext } from "./loop/run_context.ts";
import { Run } from "./run.ts";
import type { RunState } from "./monitoring/run_state.ts";

/** What a proof found. */
export interface ResumeProofFacts {
  /** True when weights, moments, losses and measurements are the same bits. */
  exact: boolean;
  /** Updates that were done. */
  steps: number;
  /** Steps after which the second copy was stopped. */
  stops: readonly number[];
  /** What differs first, where something does. */
  difference?: string;
}

/** The result of {@linkcode Trainer.verifyResume}. */
export class ResumeProof extends Displayable implements ResumeProofFacts {
  readonly exact: boolean;
  readonly steps: number;
  readonly stops: readonly number[];
  readonly difference?: string;

  /** Keeps what was found. */
  constructor({ steps, stops, difference }: Omit<ResumeProofFacts, "exact">) {
    super();
    this.exact = difference === undefined;
    this.steps = steps;
    this.stops = stops;
    this.difference = difference;
  }

  /** The facts as plain data. */
  toJSON(): ResumeProofFacts {
    const { exact, steps, stops, difference } = this;
    return { exact, steps, stops, difference };
  }

  /** One sentence. */
  picture(): Picture {
    const what = `${this.steps} steps in one go, and stopped after ${this.stops.join(" and ")}`;
    return {
      text: this.exact ? `Resume is exact: ${what}, bit for bit` : `Not exact: ${this.difference} (${what})`,
    };
  }
}

/** Proves it in temporary folders; the model itself is not touched. `steps` is how many of each stage are done. */
export async function verifyResume(
  job: RunContext,
  steps: number,
  signal?: AbortSignal,
): Promise<ResumeProof> {
  const folder = await Deno.makeTempDir({ prefix: "llamero_verify_" });
  const short = cut(job, steps);
  const stages = short.items.filter((item) => "stage" in item).length;
  const stops = [...new Set([Math.ceil(steps / 2), (stages - 1) * steps + Math.floor(steps / 2)])];
  try {
    const whole = await session(short, `${folder}/whole`, { signal });
    await session(short, `${folder}/parts`, { signal, until: stops[0] });
    for (const until of [...stops.slice(1), undefined]) {
      await session(short, `${folder}/parts`, { signal, until, resume: true });
    }
    const [a, b] = [await last(`${folder}/whole`), await last(`${folder}/parts`)];
    return new ResumeProof({ steps: whole, stops, difference: await differenceOf(a, b) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The job without evaluations, its stages shortened; samples and the usual checkpoints are left out. */
function cut(job: RunContext, steps: number): RunContext {
  const items = job.items.flatMap((item) => {
    if (!("stage" in item)) return [];
    const settings = { ...item.stage.settings, length: { steps }, sampleEvery: null, checkpointEvery: steps };
    return [{ stage: { ...item.stage, settings } }];
  });
  return { ...job, items, energy: false, log: undefined };
}

/** Trains a copy of the model in a folder; gives the steps of the run so far. */
async function session(
  job: RunContext,
  path: string,
  { signal, until, resume }: { signal?: AbortSignal; until?: number; resume?: boolean },
): Promise<number> {
  using model: Model = await job.model.clone();
  const folder = new CheckpointFolder(path, { last: 1, best: false }, false);
  const from = resume ? { path, force: false } : undefined;
  const run = new Run({ ...job, model, folder, until, resume: from }, { signal, display: false });
  return (await run.finished).history.length;
}

async function last(path: string): Promise<{ path: string; state: RunState }> {
  const steps = [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) =>
    name.startsWith("step-")
  );
  return await openCheckpoint(`${path}/${steps.sort().at(-1)}`);
}

type Left = { path: string; state: RunState };

async function differenceOf(a: Left, b: Left): Promise<string | undefined> {
  const books = ({ state: { history, validations } }: Left) => [
    ...history.map(({ seconds: _, ...entry }) => entry),
    ...validations,
  ];
  const [one, two] = [books(a), books(b)];
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
  const [one, two] = [(await readSafetensors(a)).tensors, (await readSafetensors(b)).tensors];
  const bits = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (const [name, { data }] of one) {
    const other = bits(two.get(name)!.data);
    if (bits(data).some((byte, i) => byte !== other[i])) return name;
  }
  return "file";
}
