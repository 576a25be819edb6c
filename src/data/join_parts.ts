/**
 * The joined dataset of a job over parts: its shards as one dataset, and the counts of all parts as those of one pass.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { lazily } from "../base/lazy_import.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { join } from "../display/html.ts";
import { table } from "../display/table.ts";
import { Dataset } from "./dataset.ts";
import type { Document, Row } from "./document.ts";
import { memoryPlan } from "./io/in_memory.ts";
import { jsonlPlan, parquetPlan } from "./io/records.ts";
import { foldLines } from "./parts/fold_manifest.ts";
import { ManifestFolder, type ManifestLine, type UnitError } from "./parts/manifest.ts";
import type { DatasetPlan } from "./plan/plan.ts";
import type { DatasetStats } from "./reports/stats.ts";
import { mapPlan } from "./steps/basic_steps.ts";

/** Options of {@linkcode joinParts}. */
export interface JoinOptions {
  /** True to read all shards and compare their digests with the manifest; default: their sizes. */
  verify?: boolean;
}

const schema = optionsSchema<JoinOptions>()(z.strictObject({ verify: z.boolean().default(false) }));

/** All parts of a job. */
export class JoinedParts<T = Document> extends Displayable {
  /** The records of all shards, in the order of the input. */
  readonly dataset: Dataset<T>;
  /** The counts of all parts, as those of one pass. */
  readonly stats: DatasetStats;
  /** The lines of the manifest, one per unit of input. */
  readonly lines: readonly ManifestLine[];

  /** Makes the joined dataset of the shards of `pattern`. */
  constructor(pattern: string, lines: readonly ManifestLine[]) {
    super();
    this.lines = lines;
    this.stats = foldLines(lines);
    const rows = rowsOf(pattern, lines);
    // The shards hold documents as they were: nothing is to be made of their fields.
    const areDocuments = lines.every(({ documents }) => documents);
    this.dataset = new Dataset(
      areDocuments ? Object.assign(rows, { kind: "documents" as const }) : rows,
    ) as Dataset<T>;
  }

  /** Records and files that could not be read, unit by unit. */
  get errors(): UnitError[] {
    return this.lines.flatMap(({ errors }) => errors);
  }

  /** Draws the counts, and the errors by unit. */
  override picture(): Picture {
    const rows = this.errors.map(({ reason, count, first }) => ({ reason, count, first }));
    return rows.length
      ? join(this.stats.picture(), table(rows, { title: "Not read" }))
      : this.stats.picture();
  }

  /** Returns the counts, the number of units and the errors as JSON. */
  toJSON(): Record<string, unknown> {
    const { stats, lines, errors } = this;
    return { units: lines.length, ...stats.toJSON(), errors };
  }
}

/** Plans the records of all shards that have some. */
function rowsOf(pattern: string, lines: readonly ManifestLine[]): DatasetPlan {
  const folder = new ManifestFolder(pattern);
  const paths = lines.filter(({ totals }) => totals.records > 0).map(({ output }) => folder.pathOf(output));
  if (paths.length === 0) return memoryPlan([], { name: pattern });
  if (!pattern.endsWith(".parquet")) return jsonlPlan(paths);
  return mapPlan(parquetPlan(paths) as DatasetPlan<Row>, withoutNull, {
    name: "without missing meta",
    version: 1,
  });
}

/** Removes the `meta` that a document does not have, which Parquet gives as null. */
function withoutNull(row: Row): Row {
  if (row.meta !== null) return row;
  const { meta: _, ...rest } = row;
  return rest;
}

/**
 * Joins the parts of a job that `Dataset.write` has written with `part`: checks that all of them are there, of one plan and
 * one input, and writes all lines of the manifest to one file, `manifest.jsonl`.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk";
 * import { joinParts } from "@llamero/sdk/data";
 *
 * const folder = await Deno.makeTempDir();
 * const speeches = Dataset.sample("sotu").filter(({ text }) => text.length > 9000, { name: "long" });
 * for (let part = 0; part < 2; part++) await speeches.write(`${folder}/long-*.jsonl.gz`, { part, of: 2 });
 * const { dataset, stats } = await joinParts(`${folder}/long-*.jsonl.gz`);
 * console.log(stats.records, (await dataset.toArray()).length);
 * ```
 *
 * @param path path of the shards, with its `*`, as given to `write`
 * @throws {DataError} naming the parts that are missing, of another plan or of another input
 */
export async function joinParts<T = Document>(
  path: string,
  options: JoinOptions = {},
): Promise<JoinedParts<T>> {
  const { verify } = parseOptions(schema, options, "joinParts");
  const { joinManifest } = await lazily(() => import("./parts/join_manifest.ts"));
  return new JoinedParts(path, await joinManifest(path, verify));
}
