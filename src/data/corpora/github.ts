/**
 * GitHub [paper 2.1], 4.5 % of LLaMA's tokens: files under Apache, BSD and MIT licences, without odd ones, licence
 * headers and copies.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findJsonl } from "../../formats/records/jsonl.ts";
import { dedupPlan } from "../dedup/dedup.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import { codePlan, headersPlan } from "../filters/source_code.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "../io/file_reader.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { filesUnder } from "./source_tree.ts";

/** Which files stay. */
export interface GithubOptions {
  /** Beginnings of licence names, lower case; default `mit`, `bsd`, `apache`, as in the paper. `false` asks for none. */
  licenses?: readonly string[] | false;
  /** Longest line in characters; default 1000, as in RedPajama. Equal stays, here and below. */
  longestLine?: number;
  /** Longest mean of the lines, line ends included; default 100, as in RedPajama. */
  meanLine?: number;
  /** Least share of letters and digits; default 0.25, as in RedPajama. */
  alphanumeric?: number;
  /**
   * Least number of letters for each token, tokens being runs of letters, runs of digits and single other signs; default
   * 1.5 as in RedPajama, which counts with another tokenizer [ours].
   */
  lettersPerToken?: number;
  /** Names end like this; default RedPajama's list. `false` takes every text file. */
  extensions?: readonly string[] | false;
  /** Whether licence headers are cut; default true. Lines of `#!` and `#include` are no headers [ours]. */
  headers?: boolean;
  /** Whether copies of a file go; default true: the first stays. */
  copies?: boolean;
}

const schema = optionsSchema<GithubOptions>()(z.strictObject({
  licenses: z.union([z.array(z.string()).readonly(), z.literal(false)]).default(["mit", "bsd", "apache"]),
  longestLine: z.number().positive().default(1000),
  meanLine: z.number().positive().default(100),
  alphanumeric: z.number().min(0).max(1).default(0.25),
  lettersPerToken: z.number().min(0).default(1.5),
  extensions: z.union([z.array(z.string()).readonly(), z.literal(false)]).optional(),
  headers: z.boolean().default(true),
  copies: z.boolean().default(true),
}));

/**
 * Files of BigQuery's export in JSON Lines (`content`, `path`, `repo_name`, `license`), or of folders: there the licence
 * is that of the nearest package.json or LICENSE file above.
 */
export function githubPlan(paths: Paths, options: GithubOptions = {}): DatasetPlan<Document> {
  const { licenses, headers, copies, ...rules } = parseOptions(schema, options, "Dataset.github");
  let plan = readerPlan<Document>(paths, {
    op: "github",
    options: {},
    kind: "documents",
    folders: true,
    read: ({ path, name }) => /\.jsonl(\.\w+)?$/i.test(name) ? exported(path, name) : filesUnder(path),
  });
  if (licenses !== false) plan = licensePlan(plan, licenses);
  // Copies are found by the raw content, as in RedPajama: the same file under another header is another file.
  if (copies) plan = dedupPlan(plan, { by: "document" });
  if (headers) plan = headersPlan(plan);
  return codePlan(plan, rules);
}

/** The files under licences whose names begin like one of `licenses`; of several (`MIT OR ...`) one is enough. */
export function licensePlan(
  input: DatasetPlan<Document>,
  licenses: readonly string[],
): DatasetPlan<Document> {
  return textStepPlan(input, {
    op: "licence",
    options: { licenses },
    needs: "document",
    job: () => judgeOf(import.meta.url, licenses, licenseJudge),
  });
}

/** Judges by licence. */
export function licenseJudge(licenses: readonly string[]): Judge {
  return ({ text, meta }) => {
    const license = String(meta?.license ?? "").toLowerCase();
    const names = license.split(/[()\s]+|\bor\b|,|\//);
    if (license === "") return { drop: "no licence" };
    return licenses.some((wanted) => names.some((name) => name.startsWith(wanted)))
      ? { text }
      : { drop: "another licence" };
  };
}

async function* exported(
  path: string,
  name: string,
): AsyncGenerator<Entry<Document> | { problem: string; line?: number }> {
  for await (const found of findJsonl(path)) {
    if (isBrokenRecord(found)) {
      yield found;
      continue;
    }
    const { content, path: file, repo_name: repository, license, ...rest } = found.value;
    const { line } = found;
    if (typeof content !== "string" || typeof file !== "string") {
      yield { problem: "a row without content or path", line };
    } else {
      const source = `${repository ?? name}`;
      const id = `${source}/${file}`;
      yield {
        value: { text: content, source, id, meta: { path: file, license, ...rest } },
        id,
        place: { file: name, line },
      };
    }
  }
}
