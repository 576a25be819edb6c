/**
 * Exact deduplication of documents, paragraphs or lines by their 64-bit hashes.
 *
 * Memory: 9 to 10 bytes per distinct unit up to the budget, 1.3 bytes per unit beyond it (hash_store.ts).
 *
 * @module
 */
import { withProgress } from "../../display/progress.ts";
import { asDocument, type Document, type Entry } from "../document.ts";
import { cacheKeyOf, fingerprintOf } from "../plan/fingerprint.ts";
import { type DatasetPlan, describePlan, entriesOf } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import { stepPlan } from "../steps/stateful_step.ts";
import { textHasher } from "./hash.ts";
import { HashSet } from "./hash_set.ts";
import { HashStore } from "./hash_store.ts";
import { TextUnits, type UnitOptions } from "./text_units.ts";

/** Options of exact deduplication. */
export interface ExactOptions extends UnitOptions {
  /** Copy that stays. */
  keep: "first" | "none";
  /** Documents that count as seen before. */
  against?: DatasetPlan<Document>;
  /** Number of files that are compared with each other. */
  scope: "all" | number;
  /** Bytes of memory for hashes. */
  memory: number;
}

/** Returns a step's option `against` as it is shown and hashed. */
export function againstFacts(
  against: DatasetPlan<Document> | undefined,
): { shown?: string; identity: () => unknown; opaque: boolean } {
  return {
    shown: against && describePlan(against).map((line) => line.trim()).join(" > "),
    identity: () => against && fingerprintOf(against),
    opaque: against !== undefined && !cacheKeyOf(against).persistent,
  };
}

/** Returns the options of exact deduplication as they are shown and hashed. */
export function shownExact(options: ExactOptions): Record<string, unknown> {
  const { by, normalize, keep, against, scope } = options;
  return {
    by,
    normalize: normalize === "exact" ? undefined : normalize,
    keep: keep === "first" ? undefined : keep,
    against: againstFacts(against).shown,
    scope: scope === "all" ? undefined : `${scope} files`,
  };
}

/** Plans the documents without repeated units. */
export function exactPlan(input: DatasetPlan<Document>, options: ExactOptions): DatasetPlan<Document> {
  const { by, keep, against, scope, memory } = options;
  const { identity, opaque } = againstFacts(against);
  return stepPlan<Document, Document>(input, {
    op: "dedup",
    options: shownExact(options),
    kind: "documents",
    identity,
    opaque,
    reach: scope === "all"
      ? { instead: "run it in jobs: new DedupJobs(dataset, folder, options), docs/scale.md" }
      : { files: scope },
    async *run(entries, counts, pass) {
      const units = new TextUnits(options, await textHasher());
      const seenBefore = new HashStore(memory);
      try {
        if (against) await collect(against, units, seenBefore, pass);
        const judge = keep === "first"
          ? keepFirst(scope, memory)
          : keepNone(units, scope, memory, entriesOf(input, pass.another()));
        const isRepeated = (low: number, high: number) =>
          seenBefore.has(low, high) || judge.isRepeated(low, high);
        yield* withoutRepeated(entries, { by, units, judge: { ...judge, isRepeated } }, counts, pass);
      } finally {
        seenBefore.clear();
      }
    },
  });
}

/** Yields the documents without the units that a judge finds repeated, counts them, and closes the judge. */
export async function* withoutRepeated(
  entries: AsyncIterable<Entry<Document>>,
  { by, units, judge }: { by: ExactOptions["by"]; units: TextUnits; judge: UnitJudge },
  counts: StepCounts,
  pass: Pass,
): AsyncGenerator<Entry<Document>> {
  try {
    for await (const entry of entries) {
      await judge.next(entry);
      const text = units.without(asDocument(entry).text, judge.isRepeated);
      if (text.trim() === "") {
        await pass.drop(counts, by === "document" ? "seen before" : `no new ${by}`, entry);
      } else yield withText(entry, text, counts);
    }
  } finally {
    judge.close();
  }
}

/** Counts a document that stays and returns it with its remaining text. */
function withText(entry: Entry<Document>, text: string, counts: StepCounts): Entry<Document> {
  counts.kept++;
  if (text === entry.value.text) return entry;
  counts.notes["documents shortened"] = Number(counts.notes["documents shortened"] ?? 0) + 1;
  counts.notes["characters cut"] = Number(counts.notes["characters cut"] ?? 0) + entry.value.text.length -
    text.length;
  return { ...entry, value: { ...entry.value, text } };
}

async function collect(
  plan: DatasetPlan<Document>,
  units: TextUnits,
  into: HashStore,
  pass: Pass,
): Promise<void> {
  await withProgress("hashing the documents seen before", { unit: "document" }, async (progress) => {
    for await (const entry of entriesOf(plan, pass.another())) {
      units.each(asDocument(entry).text, (low, high) => void into.add(low, high));
      progress.add();
    }
  });
}

/** Decides which units are repeated; `next` is called for each document before its units. */
export interface UnitJudge {
  /** Begins a document. */
  next(entry: Entry<unknown>): void | Promise<void>;
  /** Returns true for a unit that goes. Called once for each unit of the document, in order. */
  isRepeated(low: number, high: number): boolean;
  /** Frees its memory. */
  close(): void;
}

/** Returns the judge for which a unit is repeated from its second occurrence on. */
function keepFirst(scope: "all" | number, memory: number): UnitJudge {
  const seen = new HashStore(memory);
  const groups = new Groups(scope);
  return {
    next(entry) {
      if (groups.begins(entry)) seen.clear();
    },
    isRepeated: (low, high) => !seen.add(low, high),
    close: () => seen.clear(),
  };
}

/**
 * Returns the judge for which every occurrence of a unit in two documents of a group is repeated, and within one
 * document every occurrence but the first. It reads each group of `ahead` before the documents of the group are
 * judged.
 */
function keepNone(
  units: TextUnits,
  scope: "all" | number,
  memory: number,
  ahead: AsyncGenerator<Entry<Document>>,
): UnitJudge {
  const seen = new HashStore(memory);
  const repeated = new HashStore(memory);
  const groups = new Groups(scope);
  let unjudged = 0; // documents of the group that was read
  let nextGroup: Entry<Document> | undefined; // its first document
  let inDocument = new HashSet();
  const mark = (entry: Entry<Document>) => {
    const own = new HashSet();
    units.each(asDocument(entry).text, (low, high) => {
      if (own.add(low, high) && !seen.add(low, high)) repeated.add(low, high);
    });
    unjudged++;
  };
  const readGroup = async () => {
    seen.clear();
    repeated.clear();
    if (nextGroup) mark(nextGroup);
    nextGroup = undefined;
    await withProgress("looking for repeated text", { unit: "document" }, async (progress) => {
      for (let item = await ahead.next(); !item.done; item = await ahead.next()) {
        if (groups.begins(item.value)) {
          nextGroup = item.value;
          return;
        }
        mark(item.value);
        progress.add();
      }
    });
  };
  return {
    async next() {
      if (unjudged === 0) await readGroup();
      unjudged--;
      inDocument = new HashSet();
    },
    isRepeated: (low, high) => repeated.has(low, high) || !inDocument.add(low, high),
    close() {
      seen.clear();
      repeated.clear();
      ahead.return(undefined).catch(() => {});
    },
  };
}

/** A counter of files that finds the first document of each group. */
class Groups {
  readonly #scope: "all" | number;
  #files = 0;
  #last: string | undefined;

  constructor(scope: "all" | number) {
    this.#scope = scope;
  }

  /** Returns true for the first entry of a group, except the first group. */
  begins({ place }: Entry<unknown>): boolean {
    const file = place.file ?? place.source;
    if (this.#scope === "all" || file === this.#last) return false;
    const isFirst = this.#last === undefined;
    this.#last = file;
    if (isFirst) this.#files = 1;
    else if (++this.#files > this.#scope) {
      this.#files = 1;
      return true;
    }
    return false;
  }
}
