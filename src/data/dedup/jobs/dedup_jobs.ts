/**
 * Deduplication of a dataset in jobs, each done by many processes on many machines that share a folder.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, DataError } from "../../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../../base/schema.ts";
import { lazily } from "../../../base/lazy_import.ts";
import type { Document } from "../../document.ts";
import type { WriteOptions } from "../../io/write_jsonl.ts";
import { fingerprintOf } from "../../plan/fingerprint.ts";
import type { InputUnit } from "../../plan/input_unit.ts";
import type { DatasetPlan } from "../../plan/plan.ts";
import type { DatasetStats } from "../../reports/stats.ts";
import { stepPlan } from "../../steps/stateful_step.ts";
import { type DedupOptions, type DedupSettings, dedupSettings } from "../dedup.ts";
import type { ExactChain } from "./exact_chain.ts";
import type { JobReport } from "./job_files.ts";
import type { NearChain } from "./near_chain.ts";

export type { JobReport } from "./job_files.ts";

/** Options of deduplication in jobs: those of `Dataset.dedup`, and the sizes of the jobs. */
export interface DedupJobsOptions extends Omit<DedupOptions, "memory"> {
  /**
   * Number of ranges into which hashes are divided, and the largest number of parts between which the jobs behind the
   * signatures are divided; default 256 [ours]. Memory and time of one range fall with it.
   */
  ranges?: number;
  /** Bytes of memory for the tables of a job; default 256 MiB [ours]. What does not fit waits on disk. */
  memory?: number;
  /** Bytes of a range of a large input file; default 1 GiB [ours]. */
  unitBytes?: number;
}

/** One part of a job. */
export interface DedupPart {
  /**
   * Number of the part, counted from 0, or `auto` (default): the task of a Slurm array, the index of a Kubernetes job
   * (whose completions are `of`) or the rank under `mpirun` or `srun`; without any of them the one part of one.
   */
  part?: number | "auto";
  /** Number of parts; default: the number of tasks or processes. The result does not depend on it. */
  of?: number;
  /** Number of workers that compute sketches; 0 for none, default by the amount of work. */
  workers?: number;
  /** Stops the job; files that are complete stay. */
  signal?: AbortSignal;
}

const settingsSchema = z.strictObject({
  ranges: z.number().int().min(1).max(1 << 16).default(256),
  memory: z.number().int().min(1 << 16).default(1 << 28),
  unitBytes: z.number().int().min(1).default(1 << 30),
});

const partSchema = optionsSchema<DedupPart>()(z.strictObject({
  part: z.union([z.number().int().min(0), z.literal("auto")]).optional(),
  of: z.number().int().min(1).optional(),
  workers: z.number().int().min(0).optional(),
  signal: z.instanceof(AbortSignal).optional(),
}));

/**
 * The jobs that remove from a dataset what `Dataset.dedup` removes, by as many processes as there are. All see one folder,
 * in which each job finds the files of the one before. Documents that stay, their order and the counts are those of one
 * process.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk";
 * import { DedupJobs } from "@llamero/sdk/data";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.jsonl`, '{"text": "Llamas hum."}\n{"text": "They spit."}\n');
 * await Deno.writeTextFile(`${folder}/b.jsonl`, '{"text": "Llamas hum."}\n{"text": "They eat grass."}\n');
 * const pages = Dataset.jsonl(`${folder}/*.jsonl`, { text: "text" });
 *
 * const jobs = new DedupJobs(pages, `${folder}/dedup`, { by: "document" });
 * for (const job of jobs.stages) { // each waits for all parts of the one before
 *   for (const part of [0, 1]) await jobs.run(job, { part, of: 2 });
 * }
 * for (const part of [0, 1]) await jobs.write(`${folder}/out/pages-*.jsonl`, { part, of: 2 });
 * ```
 */
export class DedupJobs {
  /** Names of the jobs before the filter, which {@linkcode DedupJobs.write} is. Each begins when the one before has ended. */
  readonly stages: readonly string[];
  readonly #plan: DatasetPlan<Document>;
  readonly #folder: string;
  readonly #dedup: DedupSettings;
  readonly #settings: z.output<typeof settingsSchema>;
  #chain?: Promise<{ chain: ExactChain | NearChain; units: readonly InputUnit[] }>;

  /**
   * Makes the jobs; nothing is read. `folder` is for the files between them and may be removed after the filter.
   *
   * @throws {ConfigError} for wrong options
   */
  constructor(
    dataset: { readonly plan: DatasetPlan<Document> },
    folder: string,
    options: DedupJobsOptions = {},
  ) {
    const { ranges, memory, unitBytes, ...dedup } = options;
    this.#plan = dataset.plan;
    this.#folder = folder;
    this.#dedup = dedupSettings(dedup, "DedupJobs");
    this.#settings = parseOptions(settingsSchema, { ranges, memory, unitBytes }, "DedupJobs");
    this.stages = "exact" in this.#dedup
      ? ["signatures", "removals"]
      : ["signatures", "buckets", "clusters", "removals"];
  }

  /**
   * Performs one part of a job: writes its files that are not there yet. By default the part is the task of the array job, or
   * the rank, that this process is.
   *
   * @throws {ConfigError} for a name that is no job, or a step of the dataset that compares records
   * @throws {DataError} naming the first file that the job before has not written, or one that is damaged
   */
  async run(job: string, options: DedupPart = {}): Promise<JobReport> {
    const { signal, workers, ...selection } = parseOptions(partSchema, options, "DedupJobs.run");
    if (!this.stages.includes(job)) {
      throw new ConfigError(`Cannot run the job ${job}: the jobs are ${this.stages.join(", ")}`, {
        path: "DedupJobs.run",
        value: job,
      });
    }
    const { partOf } = await lazily(() => import("../../parts/part_selection.ts"));
    const { writeFiles } = await lazily(() => import("./job_files.ts"));
    const part = partOf(selection);
    const { chain } = await this.#open();
    return await writeFiles(chain.files(job, part.of), part, { signal, workers });
  }

  /**
   * Performs one part of the last job, the filter: writes the documents that stay as `Dataset.write` writes a part of a
   * dataset, with its manifest. Returns the counts of the part.
   */
  async write(path: string, options: Omit<WriteOptions, "unitBytes"> = {}): Promise<DatasetStats> {
    const { unitName } = await lazily(() => import("../../parts/run_parts.ts"));
    const { writePart } = await lazily(() => import("../../parts/write_part.ts"));
    const { chain, units } = await this.#open();
    const identityOf = ({ id, files }: InputUnit) => JSON.stringify([id, files]);
    const numbers = new Map(units.map((unit, i) => [identityOf(unit), i]));
    const plan = stepPlan<Document, Document>(this.#plan, {
      op: "dedup",
      options: chain.shown,
      kind: "documents",
      reach: "record",
      identity: () => fingerprintOf(this.#plan), // a unit depends on all
      run(entries, counts, pass) {
        const unit = numbers.get(identityOf(pass.unit!));
        if (unit === undefined) throw changed(unitName(pass.unit!));
        return chain.filter(entries, unit, counts, pass);
      },
    });
    return await writePart(plan, path, { part: "auto", ...options, unitBytes: this.#settings.unitBytes });
  }

  /** Lists the units of input and makes their chain, once. */
  #open(): Promise<{ chain: ExactChain | NearChain; units: readonly InputUnit[] }> {
    return this.#chain ??= this.#make();
  }

  async #make(): Promise<{ chain: ExactChain | NearChain; units: readonly InputUnit[] }> {
    const { unitBytes, ranges, memory } = this.#settings;
    const { unitsOf } = await lazily(() => import("../../parts/input_units.ts"));
    const { jobUnits } = await lazily(() => import("./job_units.ts"));
    const units = await unitsOf(this.#plan, { unitBytes });
    const settings = { folder: this.#folder, ranges, memory };
    const inputs = jobUnits(this.#plan, units);
    if ("exact" in this.#dedup) {
      const { ExactChain } = await lazily(() => import("./exact_chain.ts"));
      return { chain: new ExactChain(inputs, { ...this.#dedup.exact, memory }, settings), units };
    }
    const { NearChain } = await lazily(() => import("./near_chain.ts"));
    return { chain: new NearChain(inputs, this.#dedup.near, settings), units };
  }
}

function changed(path: string): DataError {
  return new DataError(
    `Cannot filter ${path}: it was made or changed after the jobs began; write to a folder that the dataset does not ` +
      "read, or run the jobs again",
    { file: path },
  );
}
