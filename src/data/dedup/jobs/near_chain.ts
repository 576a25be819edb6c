/**
 * The jobs of near deduplication: signatures by unit of input, buckets by range of hashes, clusters once, removals by group
 * of clusters, the filter by unit.
 *
 * @module
 */
import { ConfigError } from "../../../base/errors.ts";
import type { Document, Entry } from "../../document.ts";
import { hashOf } from "../../plan/fingerprint.ts";
import { Pass, type StepCounts } from "../../plan/pass.ts";
import type { Bands } from "../minhash_lsh.ts";
import { type NearOptions, shownNear } from "../near.ts";
import { pairShape, writePairs } from "./band_buckets.ts";
import type { SignatureSource } from "./hash_removals.ts";
import type { SignatureFacts } from "./hash_signatures.ts";
import {
  type ChainSettings,
  complete,
  dealt,
  digits,
  factsOfAll,
  type JobFile,
  layout,
  signatureSources,
} from "./job_files.ts";
import { againstUnit, type JobUnit } from "./job_units.ts";
import { clusterShape, writeClusters } from "./near_clusters.ts";
import { removedShape, writeRemoved } from "./near_removals.ts";
import { factsOf } from "./range_file.ts";
import { withoutDocuments } from "./removed_units.ts";
import { bandShape, sketchShape, writeSketches } from "./sketch_signatures.ts";

const maxDocuments = 2 ** 32 - 1;

/** The chain of near deduplication. */
export class NearChain {
  /** The jobs before the filter. */
  readonly stages = ["signatures", "buckets", "clusters", "removals"] as const;
  /** The options as the filter shows them. */
  readonly shown: Record<string, unknown>;
  /** All units, those that count as seen before first. */
  readonly #units: readonly JobUnit[];
  readonly #options: NearOptions;
  readonly #settings: ChainSettings;
  readonly #bands: Bands;
  /** Number of units that count as seen before. */
  readonly #against: number;
  /** Ranges per band. */
  readonly #ranges: number;
  #removed?: readonly JobFile[];

  /** Makes the chain of the units of a dataset, in their order. */
  constructor(units: readonly JobUnit[], options: NearOptions, settings: ChainSettings) {
    const { bands, shown } = shownNear(options);
    const { against } = options;
    this.#units = against ? [againstUnit(against), ...units] : units;
    this.#against = against ? 1 : 0;
    this.#options = options;
    this.#settings = settings;
    this.#bands = bands;
    this.#ranges = Math.max(1, Math.floor(settings.ranges / bands.bands));
    this.shown = shown;
  }

  /** Returns the files of a job; those of the jobs before it are there. */
  files(stage: string, of: number): JobFile[] {
    if (stage === "signatures") return this.#signatures();
    if (stage === "buckets") return this.#buckets(of);
    return stage === "clusters" ? [this.#clusters(of)] : this.#removals(of);
  }

  /** Yields the documents of a unit without those that are removed. */
  filter(
    entries: AsyncIterable<Entry<Document>>,
    unit: number,
    counts: StepCounts,
    pass: Pass,
  ): AsyncGenerator<Entry<Document>> {
    const files = this.#removed ??= complete(this.#removals(1), "removals");
    const removals = { files, unit: unit + this.#against, units: this.#units.length };
    return withoutDocuments(entries, removals, this.#options, counts, pass);
  }

  #signatures(): JobFile<SignatureFacts>[] {
    const { words } = this.#options;
    const { folder, memory } = this.#settings;
    const [bands, ranges] = [this.#bands, this.#ranges];
    return this.#units.map(({ name, id, identity, part, plan, pass }) => {
      const path = `${folder}/signatures/${id}`;
      const key = hashOf([layout, words, bands, ranges, identity]);
      return {
        path,
        key,
        name,
        part,
        facts: () =>
          factsOf<SignatureFacts>(`${path}.sketches`, key, sketchShape) &&
          factsOf<SignatureFacts>(`${path}.bands`, key, bandShape(bands, ranges)),
        write: (given) => writeSketches(plan, pass(given), { words, bands }, { path, key, ranges, memory }),
      };
    });
  }

  #buckets(of: number): JobFile[] {
    const { folder, memory } = this.#settings;
    const [bands, ranges] = [this.#bands, this.#ranges];
    const base = this.#inputKey();
    const sources = this.#sources(of);
    return Array.from({ length: bands.bands * ranges }, (_, range) => {
      const path = `${folder}/buckets/${digits(range)}.pairs`;
      const key = hashOf([base, range]);
      return {
        path,
        key,
        name: `range ${range}`,
        part: dealt(range),
        facts: () => factsOf(path, key, pairShape),
        write: ({ signal }) =>
          writePairs({ units: sources(), bands, ranges, range }, { path, key, memory }, new Pass({ signal })),
      };
    });
  }

  #clusters(of: number): JobFile {
    const { folder, memory, ranges: groups } = this.#settings;
    const path = `${folder}/clusters/all.members`;
    const key = hashOf([this.#inputKey(), groups]);
    return {
      path,
      key,
      name: "all clusters",
      part: () => 0,
      facts: () => factsOf(path, key, clusterShape(groups)),
      write: ({ signal }) => {
        const buckets = this.#buckets(of);
        factsOfAll(buckets, "buckets", of);
        const documents = this.#sources(of)().reduce((sum, { facts }) => sum + facts.documents, 0);
        return writeClusters(buckets, { documents, groups }, { path, key, memory }, new Pass({ signal }));
      },
    };
  }

  #removals(of: number): JobFile[] {
    const { folder, ranges: groups } = this.#settings;
    const { keep, threshold, measure } = this.#options;
    const rule = { keep, threshold, measure, bands: this.#bands };
    const clusters = this.#clusters(of);
    const base = hashOf([clusters.key, rule]);
    const sources = this.#sources(of);
    return Array.from({ length: groups }, (_, group) => {
      const path = `${folder}/removals/${digits(group)}.documents`;
      const key = hashOf([base, group]);
      return {
        path,
        key,
        name: `group ${group}`,
        part: dealt(group),
        facts: () => factsOf(path, key, removedShape(this.#units.length)),
        write: ({ signal }) => {
          factsOfAll([clusters], "clusters", of);
          const input = { clusters, units: sources(), against: this.#against, groups, group };
          return writeRemoved(input, rule, { path, key }, new Pass({ signal }));
        },
      };
    });
  }

  /** Returns the function that reads the facts of all signatures, once. */
  #sources(of: number): () => SignatureSource[] {
    let sources: SignatureSource[] | undefined;
    return () => {
      if (sources) return sources;
      sources = signatureSources(this.#signatures(), of);
      const documents = sources.reduce((sum, { facts }) => sum + facts.documents, 0);
      if (documents > maxDocuments) {
        throw new ConfigError(
          `Cannot compare ${documents} documents: at most ${maxDocuments} are compared at a time, make two datasets`,
        );
      }
      return sources;
    };
  }

  /** Returns the key of all signatures together. */
  #inputKey(): string {
    return hashOf([layout, this.#signatures().map(({ key }) => key)]);
  }
}
