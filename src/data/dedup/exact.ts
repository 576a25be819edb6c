/**
 * Exact deduplication: of whole documents, of paragraphs, or of lines, by their 64-bit hashes.
 *
 * Memory: 9 to 10 bytes for each distinct unit up to the budget, 1.3 beyond it (hash_store.ts).
 *
 * @module
 */
import { asDocument, type Document, type Entry } from "../document.ts";
import { comparable } from "../text/normalize.ts";
import { cacheKeyOf, fingerprintOf } from "../plan/fingerprint.ts";
import { type DatasetPlan, describePlan, entriesOf } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import { stepPlan } from "../steps/stateful_step.ts";
import { type HashText, textHasher } from "./hash.ts";
import { HashSet } from "./hash_set.ts";
import { HashStore } from "./hash_store.ts";

/** How units are compared. */
export interface ExactOptions {
  /** The unit. */
  by: "document" | "line" | "paragraph";
  /** Its normal form. */
  normalize: "exact" | "ccnet";
  /** Which copy stays. */
  keep: "first" | "none";
  /** Documents that count as seen before. */
  against?: DatasetPlan<Document>;
  /** Files compared with each other. */
  scope: "all" | number;
  /** Bytes in memory. */
  memory: number;
}

/** What separates the units; it is put back between those that stay. */
const borders = { document: undefined, line: /(\n)/, paragraph: /(\n[^\S\n]*\n\s*)/ };

/** What other documents a step is compared with, as it is shown and hashed. */
export function againstFacts(
  against: DatasetPlan<Document> | undefined,
): { shown?: string; identity: () => unknown; opaque: boolean } {
  return {
    shown: against && describePlan(against).map((line) => line.trim()).join(" > "),
    identity: () => against && fingerprintOf(against),
    opaque: against !== undefined && !cacheKeyOf(against).persistent,
  };
}

/** The documents without the units that repeat. */
export function exactPlan(input: DatasetPlan<Document>, options: ExactOptions): DatasetPlan<Document> {
  const { by, normalize, keep, against, scope, memory } = options;
  const { shown, identity, opaque } = againstFacts(against);
  return stepPlan<Document, Document>(input, {
    op: "dedup",
    options: {
      by,
      normalize: normalize === "exact" ? undefined : normalize,
      keep: keep === "first" ? undefined : keep,
      against: shown,
      scope: scope === "all" ? undefined : `${scope} files`,
    },
    kind: "documents",
    identity,
    opaque,
    async *run(entries, counts, reading) {
      const hash = await textHasher();
      const units = new Units(by, normalize, hash);
      const foreign = new HashStore(memory);
      try {
        if (against) await collect(against, units, foreign, reading);
        const judge = keep === "first"
          ? firstStays(units, scope, memory)
          : noneStays(units, scope, memory, entriesOf(input, reading.another()));
        try {
          for await (const entry of entries) {
            await judge.next(entry);
            const document = asDocument(entry);
            const text = units.without(
              document.text,
              (low, high) => foreign.has(low, high) || judge.isOut(low, high),
            );
            if (text.trim() === "") {
              await reading.drop(counts, by === "document" ? "seen before" : `no new ${by}`, entry);
            } else yield kept(entry, text, counts);
          }
        } finally {
          judge.close();
        }
      } finally {
        foreign.clear();
      }
    },
  });
}

function kept(entry: Entry<Document>, text: string, counts: StepCounts): Entry<Document> {
  counts.kept++;
  if (text === entry.value.text) return entry;
  counts.notes["documents shortened"] = Number(counts.notes["documents shortened"] ?? 0) + 1;
  counts.notes["characters cut"] = Number(counts.notes["characters cut"] ?? 0) + entry.value.text.length -
    text.length;
  return { ...entry, value: { ...entry.value, text } };
}

async function collect(
  plan: DatasetPlan<Document>,
  units: Units,
  into: HashStore,
  reading: Pass,
): Promise<void> {
  for await (const entry of entriesOf(plan, reading.another())) {
    units.each(asDocument(entry).text, (low, high) => void into.add(low, high));
  }
}

/** Decides which units of a document are out; told of each document before its units. */
interface Judge {
  next(entry: Entry<unknown>): void | Promise<void>;
  isOut(low: number, high: number): boolean;
  close(): void;
}

/** Every unit is out but the first time. */
function firstStays(_: Units, scope: "all" | number, memory: number): Judge {
  const seen = new HashStore(memory);
  const groups = new Groups(scope);
  return {
    next(entry) {
      if (groups.begins(entry)) seen.clear();
    },
    isOut: (low, high) => !seen.add(low, high),
    close: () => seen.clear(),
  };
}

/** A unit that two documents of the group have is out everywhere; within one document every copy but the first is. */
function noneStays(
  units: Units,
  scope: "all" | number,
  memory: number,
  ahead: AsyncGenerator<Entry<Document>>,
): Judge {
  const seen = new HashStore(memory);
  const repeated = new HashStore(memory);
  const groups = new Groups(scope);
  let left = 0;
  let first: Entry<Document> | undefined;
  let own = new HashSet();
  const mark = (entry: Entry<Document>) => {
    const inThis = new HashSet();
    units.each(asDocument(entry).text, (low, high) => {
      if (inThis.add(low, high) && !seen.add(low, high)) repeated.add(low, high);
    });
    left++;
  };
  const readGroup = async () => {
    seen.clear();
    repeated.clear();
    if (first) mark(first);
    first = undefined;
    for (let item = await ahead.next(); !item.done; item = await ahead.next()) {
      if (groups.begins(item.value)) {
        first = item.value;
        return;
      }
      mark(item.value);
    }
  };
  return {
    async next() {
      if (left === 0) await readGroup();
      left--;
      own = new HashSet();
    },
    isOut: (low, high) => repeated.has(low, high) || !own.add(low, high),
    close() {
      seen.clear();
      repeated.clear();
      ahead.return(undefined).catch(() => {});
    },
  };
}

/** Counts files: a group ends behind so many of them. */
class Groups {
  readonly #scope: "all" | number;
  #files = 0;
  #last: string | undefined;

  constructor(scope: "all" | number) {
    this.#scope = scope;
  }

  /** Whether the entry is the first of a later group. */
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

/** Cuts a text into units and hashes them. */
class Units {
  readonly #border: RegExp | undefined;
  readonly #normal: boolean;
  readonly #hash: HashText;

  constructor(by: ExactOptions["by"], normalize: ExactOptions["normalize"], hash: HashText) {
    this.#border = borders[by];
    this.#normal = normalize === "ccnet";
    this.#hash = hash;
  }

  each(text: string, use: (low: number, high: number) => void): void {
    for (const unit of this.#border ? text.split(this.#border).filter((_, i) => i % 2 === 0) : [text]) {
      if (!this.#isBlank(unit)) this.#hashed(unit, use);
    }
  }

  /** The text without the units that are out, each together with the border before it. */
  without(text: string, isOut: (low: number, high: number) => boolean): string {
    if (!this.#border) return this.#hashed(text, isOut) ? "" : text;
    const pieces = text.split(this.#border);
    const kept: string[] = [];
    let whole = true;
    for (let i = 0; i < pieces.length; i += 2) {
      if (!this.#isBlank(pieces[i]) && this.#hashed(pieces[i], isOut)) whole = false;
      else {
        if (kept.length) kept.push(pieces[i - 1]);
        kept.push(pieces[i]);
      }
    }
    return whole ? text : kept.join("");
  }

  #hashed<R>(unit: string, use: (low: number, high: number) => R): R {
    const { low, high } = this.#hash(this.#normal ? comparable(unit) : unit);
    return use(low, high);
  }

  /** Blank units stay, unless they are compared as CCNet does. */
  #isBlank(unit: string): boolean {
    return !this.#normal && unit.trim() === "";
  }
}
