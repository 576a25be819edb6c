/**
 * Neighbouring stages of one pass: their judges as one chain, and the counts of each stage.
 *
 * @module
 */
import type { Job } from "../../base/job.ts";
import { asDocument, type Document, type Entry } from "../document.ts";
import type { Derive, Judge, StageJob } from "../plan/document_stage.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";
import { type Chain, chainJob, type JudgeResult } from "./judge_documents.ts";
import type { SharedJudges } from "./shared_judges.ts";

/** The end of a chain: the value derived from each document, and the record that leaves the chain. */
export interface ChainEnd<D, R> {
  /** Derives the value. */
  derive: StageJob<Derive<D>>;
  /** Makes the record of a document and its value. */
  record: (document: Document, derived: D) => R;
}

/** The most kinds of notes that a step counts apart, such as names of templates. [ours] */
const maxKinds = 10_000;

/** The judges of neighbouring stages, and the counts of these stages. */
export class JudgeChain<D, R> {
  /** The pass that counts. */
  readonly pass: Pass;
  /** Makes the chain in a worker; undefined where one of its functions cannot be sent to one. */
  readonly job?: Job;
  readonly #end: ChainEnd<D, R>;
  readonly #stages: readonly StageJob[];
  readonly #counts: readonly StepCounts[];
  /** Number of kinds of notes of each stage. */
  readonly #kinds: number[];
  /** True when the first stage makes documents of raw records. */
  readonly #isRaw: boolean;
  /** True when the judges read nothing but texts. */
  readonly #needsText: boolean;
  readonly #judges: SharedJudges<D>;

  private constructor(
    plans: readonly DatasetPlan[],
    stages: readonly StageJob[],
    counts: readonly StepCounts[],
    end: ChainEnd<D, R>,
    pass: Pass,
    judges: SharedJudges<D>,
  ) {
    this.pass = pass;
    this.#judges = judges;
    this.#end = end;
    this.#stages = stages;
    this.#counts = counts;
    this.#kinds = counts.map(({ notes }) => Object.keys(notes).length);
    this.#isRaw = plans[0]?.stage?.raw ?? false;
    this.#needsText = !this.#isRaw && plans.every(({ stage }) => stage?.needs !== "document");
    const jobs = stages.flatMap(({ job }) => job ?? []);
    const derive = end.derive.job;
    if (derive && jobs.length === stages.length) this.job = chainJob({ judges: jobs, derive });
  }

  /** Begins the stages of `plans` (in order) in a pass. The last one's job is made first, as when each opens its input. */
  static async open<D, R>(
    plans: readonly DatasetPlan[],
    end: ChainEnd<D, R>,
    pass: Pass,
    judges: SharedJudges<D>,
  ): Promise<JudgeChain<D, R>> {
    const counts = plans.map((plan) => pass.countsOf(plan, describeStep(plan)));
    const stages: StageJob[] = [];
    for (let i = plans.length - 1; i >= 0; i--) stages[i] = await plans[i].stage!.job(pass, counts[i]);
    return new JudgeChain(plans, stages, counts, end, pass, judges);
  }

  /** Returns the judges on this thread. They are made at the first use, since workers have their own. */
  async chain(): Promise<Chain<D>> {
    if (this.#judges.chain) return this.#judges.chain;
    const derive = await this.#end.derive.make();
    const judges: Judge[] = [];
    for (let i = this.#stages.length - 1; i >= 0; i--) judges[i] = await this.#stages[i].make();
    return this.#judges.chain = { judges, derive };
  }

  /** Lets the judges on this thread go. */
  release(): void {
    this.#judges.chain = undefined;
  }

  /**
   * Returns the record as the judges see it.
   *
   * @throws {DataError} for a record without text
   */
  documentOf(entry: Entry<unknown>): Document {
    return this.#isRaw ? entry.value as Document : asDocument(entry);
  }

  /** Returns the part of a record that a worker needs. */
  messageOf(entry: Entry<unknown>): Document {
    const document = this.documentOf(entry);
    return this.#needsText ? { text: document.text } as Document : document;
  }

  /** Counts the result of a record, and returns the record that leaves the chain; undefined for a dropped one. */
  async commit(entry: Entry<unknown>, result: JudgeResult<D>): Promise<Entry<R> | undefined> {
    for (const [step, what, times] of result.notes ?? []) this.#count(step, what, times);
    const passed = "drop" in result ? result.step : this.#counts.length;
    for (let step = 0; step < passed; step++) this.#counts[step].kept++;
    const { id, place } = entry;
    const document = this.#changed(this.documentOf(entry), result);
    if (!("drop" in result)) return { value: this.#end.record(document, result.derived), id, place };
    await this.pass.drop(this.#counts[passed], result.drop, { value: document, id, place });
  }

  /** Counts a note; those of a step with too many kinds are counted together. */
  #count(step: number, what: string, times: number): void {
    const { notes } = this.#counts[step];
    if (notes[what] === undefined && ++this.#kinds[step] > maxKinds) what = "other notes";
    notes[what] = Number(notes[what] ?? 0) + times;
  }

  #changed(document: Document, { text, meta: added }: JudgeResult<D>): Document {
    if (text === undefined && !added && !this.#isRaw) return document;
    const meta = added ? merged(document.meta, added) : document.meta;
    const ownMeta = meta && { meta };
    return this.#isRaw
      ? { text: text ?? "", ...ownMeta, source: document.source, id: document.id }
      : { ...document, text: text ?? document.text, ...ownMeta };
  }
}

/** Returns `meta` with additions; those that are undefined remove a key. */
function merged(meta: Document["meta"], added: Record<string, unknown>): Document["meta"] {
  const all = { ...meta, ...added };
  for (const [key, value] of Object.entries(added)) if (value === undefined) delete all[key];
  return all;
}
