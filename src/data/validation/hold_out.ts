/**
 * What is kept from training to measure it: chosen before packing, by document.
 *
 * A document is held out when its hash under the seed falls below the share, whatever the order or number of
 * documents. Where that gives fewer than the least number of windows, the share is raised until it gives them, to a
 * half at most. Of fewer than 20 documents none can be spared whole: the tail of each is held out instead.
 * Conversations have no tail; of two or more, at least one is held out. Each source of a mixture goes by itself.
 *
 * @module
 */
import { z } from "zod";
import { hash32 } from "../../base/random.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { percent } from "../../display/format.ts";
import { census, type HoldOutScan } from "./scan_source.ts";
import { mixOf } from "../steps/mix.ts";
import { type DatasetPlan, entriesOf, type MixSource, sourceName } from "../plan/plan.ts";
import { Pass } from "../plan/pass.ts";
import { type Part, partPlan } from "../steps/split.ts";
import { headPlan, tailPlan } from "./split_documents.ts";
import { TokenizedDataset, type TokenizedSpec } from "../tokens/tokenized_dataset.ts";
import type { TokenDataset } from "../tokens/token_dataset.ts";

/** How much is held out. */
export interface HoldOutOptions {
  /** Share of the documents, or of each document's text where tails are taken; above 0, at most 0.5. */
  share: number;
  /** Decides which documents; default 42. */
  seed?: number;
  /** Windows to hold out at least, over all sources; default 8. */
  leastWindows?: number;
  /** Stops the reading. */
  signal?: AbortSignal;
}

const schema = optionsSchema<HoldOutOptions>()(z.strictObject({
  share: z.number().positive().max(0.5),
  seed: z.number().int().default(42),
  leastWindows: z.number().int().min(1).default(8),
  signal: z.instanceof(AbortSignal).optional(),
}));

/** A token dataset in two: what is trained on, and what is only measured. */
export interface HeldOut {
  /** What is left to train on. */
  train: TokenDataset;
  /** What was held out; undefined when nothing could be. */
  validation?: TokenDataset;
  /** How it was chosen, a line a source, for the plan of a run. */
  description: string;
}

const scarce = " (there is too little text)";

/** Documents below which the tail of each is held out. */
const few = 20;

/**
 * Splits what a trainer is given. Reads the source once, or only its beginning when the share alone settles it.
 *
 * @throws {ConfigError} for a share outside (0, 0.5]
 * @throws {DataError} for a one-shot iterator, which cannot be read again for the training itself
 */
export async function holdOut(tokens: TokenDataset, options: HoldOutOptions): Promise<HeldOut> {
  const { seed, ...rest } = parseOptions(schema, options, "holdOut");
  if (!(tokens instanceof TokenizedDataset)) {
    return { train: tokens, description: "no validation: rows of tokens are used as they are given" };
  }
  const { spec } = tokens;
  const { mix } = spec.plan;
  const sources = mix ?? [{ name: sourceName(spec.plan), plan: spec.plan, weight: 1 }];
  const job = {
    ...rest,
    seed: validationSeed(seed),
    leastWindows: Math.ceil(rest.leastWindows / sources.length),
  };
  const cuts: Cut[] = [];
  for (const { plan } of sources) cuts.push(await cutOf(plan, spec, job));
  const train = sources.map((source, i) => ({ ...source, plan: cuts[i].train }));
  const validation = sources.flatMap((source, i) =>
    cuts[i].validation ? [{ ...source, plan: cuts[i].validation! }] : []
  );
  return {
    train: derived(spec, train),
    validation: validation.length ? derived(spec, validation) : undefined,
    description: cuts.map(({ how }, i) => mix ? `${sources[i].name}: ${how}` : how).join("\n"),
  };
}

/** The two parts of a plain split by hash, without the rules for small data. */
export function validationParts(share: number, seed: number): { train: Part; validation: Part } {
  const own = validationSeed(seed);
  return {
    train: { name: "train", from: share, to: 1, seed: own },
    validation: { name: "validation", from: 0, to: share, seed: own },
  };
}

interface Cut {
  train: DatasetPlan;
  validation?: DatasetPlan;
  how: string;
}

type Job = { share: number; seed: number; leastWindows: number; signal?: AbortSignal };

/** A seed of its own, so that a split by the user with the same seed is not cut at the same hashes. */
function validationSeed(seed: number): number {
  return hash32("validation", seed);
}

async function cutOf(plan: DatasetPlan, spec: TokenizedSpec, job: Job): Promise<Cut> {
  const tokens = job.leastWindows * (spec.options.context + 1);
  const seen = await census(plan, { ...job, tokens, encoder: spec.encoder, enough: few });
  if (!seen.conversations && seen.documents < few) return await tailsOf(plan, spec, job, seen.documents);
  if (seen.documents < 2) return { train: plan, how: "nothing, of a single conversation" };
  return hashesOf(plan, job, seen, seen.tokens < tokens);
}

function hashesOf(plan: DatasetPlan, job: Job, seen: HoldOutScan, short: boolean): Cut {
  const step = 2 ** -32;
  const { places, highest } = seen;
  const wanted = Math.min(0.5, short ? 0.5 : Math.max(job.share, places[places.length - 1] + step));
  // At least one is held out, and at least one is left.
  const to = Math.min(Math.max(wanted, places[0] + step), highest);
  const cut = (name: string, from: number, end: number) =>
    partPlan(plan, { name, from, to: end, seed: job.seed });
  const raised = to > job.share
    ? `, raised from ${percent(job.share)} to reach ${job.leastWindows} windows`
    : "";
  return {
    train: cut("train", to, 1),
    validation: cut("validation", 0, to),
    how: `${percent(to)} of the records, by hash of their ids${raised}${to >= 0.5 || short ? scarce : ""}`,
  };
}

async function tailsOf(plan: DatasetPlan, spec: TokenizedSpec, job: Job, documents: number): Promise<Cut> {
  const wanted = job.leastWindows * spec.options.context + 1;
  let share = job.share;
  while (share < 0.5 && await tokensOf(tailPlan(plan, share), spec, job) < wanted) {
    share = Math.min(0.5, share * 1.25);
  }
  const raised = share > job.share
    ? `, raised from ${percent(job.share)} to reach ${job.leastWindows} windows`
    : "";
  const short = share >= 0.5 ? scarce : "";
  return {
    train: headPlan(plan, share),
    validation: tailPlan(plan, share),
    how: `the last ${percent(share)} of ${
      documents === 1 ? "the only document" : `each of ${documents} documents`
    }${raised}${short}`,
  };
}

async function tokensOf(plan: DatasetPlan, { encoder }: TokenizedSpec, { signal }: Job): Promise<number> {
  let tokens = 0;
  for await (const { value } of entriesOf(plan, new Pass({ signal }))) {
    tokens += encoder.encode((value as { text: string }).text, { bos: true, eos: true }).length;
  }
  return tokens;
}

function derived(spec: TokenizedSpec, sources: readonly MixSource[]): TokenDataset {
  const total = sources.reduce((sum, { weight }) => sum + weight, 0);
  const even = sources.map((source) => ({ ...source, weight: source.weight / total }));
  const plan = spec.plan.mix ? mixOf(even, spec.plan.options) : sources[0].plan;
  return new TokenizedDataset({ ...spec, plan });
}
