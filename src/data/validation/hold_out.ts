/**
 * Holds out validation data: documents (or ends of documents) that are not trained on, chosen before anything is packed.
 *
 * A document is held out when its hash under the seed falls below the share, whatever the order or number of documents.
 * Where that gives fewer windows than the minimum, the share is raised until it gives them, to a half at most. Of fewer
 * than 20 documents none can be spared whole: the tail of each is held out instead. Conversations have no tail; of two or
 * more, at least one is held out. Each source of a mixture is held out by itself.
 *
 * @module
 */
import { documentIds, type Encoder } from "../../base/encoder.ts";
import { hash32 } from "../../base/random.ts";
import { percent } from "../../display/format.ts";
import type { Document } from "../document.ts";
import type { RecordKind } from "../packing/record_kind.ts";
import { Pass } from "../plan/pass.ts";
import { type DatasetPlan, entriesOf, type MixSource, sourcesOf } from "../plan/plan.ts";
import { mixOf } from "../steps/mix.ts";
import { partPlan } from "../steps/split.ts";
import { scanSource, type SourceScan } from "./scan_source.ts";
import { headPlan, tailPlan } from "./split_documents.ts";

/** Settings of a hold-out. */
export interface HoldOutOptions {
  /** Share of the documents, or of each document's text where tails are held out; above 0, at most 0.5. */
  share: number;
  /** Decides which documents; default 42. */
  seed?: number;
  /** Windows to hold out at least, over all sources; default 8. */
  minWindows?: number;
  /** The kind of records; those of another kind are refused. Default: any. */
  kind?: RecordKind;
  /** Stops the reading. */
  signal?: AbortSignal;
}

/** Data in two parts. */
export interface HeldOut<D> {
  /** The part to train on. */
  train: D;
  /** The part to measure with; undefined when nothing could be held out. */
  validation?: D;
  /** The share that is really held out, the largest of all sources: more than asked for where the data is small. */
  share?: number;
  /** The choice in words, a line per source, for the plan of a run. */
  description: string;
}

/** Text that is to be tokenized. */
interface TextToTokenize {
  /** The documents or conversations. */
  plan: DatasetPlan;
  /** The tokenizer. */
  encoder: Encoder;
  /** The length of its windows. */
  options: { context: number };
}

/** Windows that are held out at least, where the data has them [ours]. */
export const minValidationWindows = 8;

const minDocuments = 20;

/**
 * Splits a plan. Reads each source once, or only its beginning where the share alone decides.
 *
 * @throws {DataError} for a one-shot iterator, which cannot be read again for the training itself
 */
export async function holdOutPlans(
  { plan, encoder, options }: TextToTokenize,
  { share, seed = 42, minWindows = minValidationWindows, kind, signal }: HoldOutOptions,
): Promise<HeldOut<DatasetPlan>> {
  const sources = sourcesOf(plan);
  const task: Task = {
    encoder,
    context: options.context,
    share,
    // A seed of its own, so that a split by the user with the same seed is not cut at the same hashes.
    seed: hash32("validation", seed),
    minWindows: Math.ceil(minWindows / sources.length),
    kind,
    signal,
  };
  const cuts: HeldOut<DatasetPlan>[] = [];
  for (const source of sources) cuts.push(await holdOutOf(source.plan, task));
  const train = sources.map((source, i) => ({ ...source, plan: cuts[i].train }));
  const validation = sources.flatMap((source, i) => {
    const held = cuts[i].validation;
    return held ? [{ ...source, plan: held }] : [];
  });
  return {
    train: joined(plan, train),
    validation: validation.length ? joined(plan, validation) : undefined,
    share: Math.max(0, ...cuts.map(({ share = 0 }) => share)),
    description: cuts.map((cut, i) => plan.mix ? `${sources[i].name}: ${cut.description}` : cut.description)
      .join("\n"),
  };
}

/** The hold-out of one source. */
interface Task {
  encoder: Encoder;
  context: number;
  share: number;
  seed: number;
  minWindows: number;
  kind?: RecordKind;
  signal?: AbortSignal;
}

async function holdOutOf(plan: DatasetPlan, task: Task): Promise<HeldOut<DatasetPlan>> {
  const tokens = task.minWindows * (task.context + 1);
  const scan = await scanSource(plan, { ...task, tokens, minDocuments });
  if (!scan.conversations && scan.documents < minDocuments) {
    return await tailsOf(plan, task, scan.documents);
  }
  if (scan.documents < 2) return { train: plan, description: "none: only one conversation" };
  return partsByHash(plan, task, scan, scan.tokens < tokens);
}

function partsByHash(
  plan: DatasetPlan,
  task: Task,
  { places, highest }: SourceScan,
  isShort: boolean,
): HeldOut<DatasetPlan> {
  const step = 2 ** -32;
  const wanted = Math.min(0.5, isShort ? 0.5 : Math.max(task.share, places[places.length - 1] + step));
  // At least one is held out, and at least one is left.
  const to = Math.min(Math.max(wanted, places[0] + step), highest);
  const { seed } = task;
  return {
    train: partPlan(plan, { name: "train", from: to, to: 1, seed }),
    validation: partPlan(plan, { name: "validation", from: 0, to, seed }),
    share: to,
    description: `${percent(to)} of the records, by hash of their ids${
      remarks(task, to, to >= 0.5 || isShort)
    }`,
  };
}

async function tailsOf(plan: DatasetPlan, task: Task, documents: number): Promise<HeldOut<DatasetPlan>> {
  let { share } = task;
  while (share < 0.5 && !await reachesWindows(tailPlan(plan, share), task)) {
    share = Math.min(0.5, share * 1.25);
  }
  const which = documents === 1 ? "the only document" : `each of ${documents} documents`;
  return {
    train: headPlan(plan, share),
    validation: tailPlan(plan, share),
    share,
    description: `the last ${percent(share)} of ${which}${remarks(task, share, share >= 0.5)}`,
  };
}

/** Returns true when the documents give the minimum of windows. Reads and tokenizes no more than that takes. */
async function reachesWindows(
  plan: DatasetPlan<Document>,
  { encoder, context, minWindows, signal }: Task,
): Promise<boolean> {
  const wanted = minWindows * context + 1;
  let tokens = 0;
  for await (const { value } of entriesOf(plan, new Pass({ signal }))) {
    tokens += documentIds(encoder, value.text).length;
    if (tokens >= wanted) return true;
  }
  return false;
}

function remarks({ share, minWindows }: Task, held: number, isScarce: boolean): string {
  const raised = held > share ? `, raised from ${percent(share)} to reach ${minWindows} windows` : "";
  return `${raised}${isScarce ? " (there is too little text)" : ""}`;
}

/** Returns a plan like `plan` of other sources: a mixture in the old proportions, or the only source. */
function joined(plan: DatasetPlan, sources: readonly MixSource[]): DatasetPlan {
  if (!plan.mix) return sources[0].plan;
  const total = sources.reduce((sum, { weight }) => sum + weight, 0);
  return mixOf(sources.map((source) => ({ ...source, weight: source.weight / total })), plan.options);
}
