/**
 * The jobs of exact deduplication: signatures by unit of input, removals by range of hashes, the filter by unit.
 *
 * @module
 */
import type { Document, Entry } from "../../document.ts";
import { hashOf } from "../../plan/fingerprint.ts";
import { Pass, type StepCounts } from "../../plan/pass.ts";
import { type ExactOptions, shownExact } from "../exact.ts";
import { removedHashShape, writeRemovedHashes } from "./hash_removals.ts";
import { hashShape, type SignatureFacts, writeHashes } from "./hash_signatures.ts";
import {
  type ChainSettings,
  complete,
  dealt,
  digits,
  type JobFile,
  layout,
  signatureSources,
} from "./job_files.ts";
import { againstUnit, type JobUnit } from "./job_units.ts";
import { factsOf } from "./range_file.ts";
import { withoutHashes } from "./removed_units.ts";

/** The chain of exact deduplication. */
export class ExactChain {
  /** The jobs before the filter. */
  readonly stages = ["signatures", "removals"] as const;
  /** The options as the filter shows them. */
  readonly shown: Record<string, unknown>;
  readonly #units: readonly JobUnit[];
  readonly #options: ExactOptions;
  readonly #settings: ChainSettings;
  #removed?: readonly JobFile[];

  /** Makes the chain of the units of a dataset, in their order. */
  constructor(units: readonly JobUnit[], options: ExactOptions, settings: ChainSettings) {
    this.#units = units;
    this.#options = options;
    this.#settings = settings;
    this.shown = shownExact(options);
  }

  /** Returns the files of a job; those of the jobs before it are there. */
  files(stage: string, of: number): JobFile[] {
    return stage === "signatures" ? this.#signatures() : this.#removals(of);
  }

  /** Yields the documents of a unit without what is removed from it. */
  filter(
    entries: AsyncIterable<Entry<Document>>,
    unit: number,
    counts: StepCounts,
    pass: Pass,
  ): AsyncGenerator<Entry<Document>> {
    const files = this.#removed ??= complete(this.#removals(1), "removals");
    return withoutHashes(entries, { files, unit, units: this.#units.length }, this.#options, counts, pass);
  }

  /** Returns the files of hashes, the one of `against` first. */
  #signatures(): JobFile<SignatureFacts>[] {
    const { by, normalize, keep, against } = this.#options;
    const { folder, ranges, memory } = this.#settings;
    const kind = [layout, by, normalize, keep === "none", ranges];
    const file = (
      { name, id, identity, part, plan, pass }: JobUnit,
      options: ExactOptions,
    ): JobFile<SignatureFacts> => {
      const path = `${folder}/signatures/${id}.hashes`;
      const key = hashOf([kind, options.scope === "all", identity]);
      return {
        path,
        key,
        name,
        part,
        facts: () => factsOf(path, key, hashShape(ranges)),
        write: (given) => writeHashes(plan, pass(given), options, { path, key, ranges, memory }),
      };
    };
    const units = this.#units.map((unit) => file(unit, this.#options));
    if (!against) return units;
    return [file(againstUnit(against), { ...this.#options, scope: "all" }), ...units];
  }

  #removals(of: number): JobFile[] {
    const { keep, scope, against } = this.#options;
    const { folder, ranges, memory } = this.#settings;
    const signatures = this.#signatures();
    const base = hashOf([layout, keep, scope, signatures.map(({ key }) => key)]);
    const shape = removedHashShape(this.#units.length);
    let sources: ReturnType<typeof signatureSources> | undefined;
    return Array.from({ length: ranges }, (_, range) => {
      const path = `${folder}/removals/${digits(range)}.hashes`;
      const key = hashOf([base, range]);
      return {
        path,
        key,
        name: `range ${range}`,
        part: dealt(range),
        facts: () => factsOf(path, key, shape),
        write: ({ signal }) => {
          sources ??= signatureSources(signatures, of);
          const units = against ? sources.slice(1) : sources;
          const input = { against: against && sources[0], units, ranges, range };
          return writeRemovedHashes(input, { keep, scope }, { path, key, memory }, new Pass({ signal }));
        },
      };
    });
  }
}
