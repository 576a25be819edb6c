/**
 * The GitHub corpus [paper 2.1], 4.5 % of LLaMA's tokens: files under Apache, BSD and MIT licences, without licence
 * headers, copies and unusual files.
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
import { type BrokenOptions, onBrokenSchema, readerPlan } from "../io/file_reader.ts";
import { isJsonName } from "../io/json_or_prose.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { filesUnder } from "./source_tree.ts";

/** The selection of files. */
export interface GithubOptions extends BrokenOptions {
  /** Prefixes of licence names, lower case; default `mit`, `bsd`, `apache` [paper 2.1]. `false` turns it off. */
  licenses?: readonly string[] | false;
  /** Maximum length of a line in characters; default 1000, as in RedPajama. */
  longestLine?: number;
  /** Maximum mean length of the lines in characters, with line ends; default 100, as in RedPajama. */
  meanLine?: number;
  /** Minimum share of letters and digits; default 0.25, as in RedPajama. */
  alphanumeric?: number;
  /**
   * Minimum letters per token, where tokens are runs of letters, runs of digits and other single characters; default
   * 1.5 as in RedPajama, which counts with another tokenizer [ours].
   */
  lettersPerToken?: number;
  /** Extensions of the files that stay; default: those of source code and text, as in RedPajama. `false` keeps every text file. */
  extensions?: readonly string[] | false;
  /** Removes licence headers; default true [paper 2.1]. Lines of `#!` and `#include` are not part of a header [ours]. */
  headers?: boolean;
  /** Drops copies of a file, all but the first; default true [paper 2.1]. */
  copies?: boolean;
}

const schema = optionsSchema<GithubOptions>("GithubOptions")(z.strictObject({
  licenses: z.union([z.array(z.string()).readonly(), z.literal(false)]).default(["mit", "bsd", "apache"]),
  longestLine: z.number().positive().default(1000),
  meanLine: z.number().positive().default(100),
  alphanumeric: z.number().min(0).max(1).default(0.25),
  lettersPerToken: z.number().min(0).default(1.5),
  extensions: z.union([z.array(z.string()).readonly(), z.literal(false)]).optional(),
  headers: z.boolean().default(true),
  copies: z.boolean().default(true),
  onBroken: onBrokenSchema,
}));

/**
 * Plans one document per file of BigQuery's export in JSON Lines (`content`, `path`, `repo_name`, `license`) or per
 * file in folders, whose licence is that of the nearest package.json or LICENSE file above.
 */
export function githubPlan(paths: Paths, options: GithubOptions = {}): DatasetPlan<Document> {
  const { licenses, headers, copies, onBroken, ...rules } = parseOptions(schema, options, "Dataset.github");
  let plan = readerPlan<Document>(paths, {
    op: "github",
    options: { onBroken },
    kind: "documents",
    onBroken,
    folders: "whole",
    read: ({ path, name }) => isJsonName(name) && !isFolder(path) ? exported(path, name) : filesUnder(path),
  });
  if (licenses !== false) plan = licensePlan(plan, licenses);
  // As in RedPajama, copies are found by the raw content: the same file with another header is another file.
  if (copies) plan = dedupPlan(plan, { by: "document" });
  if (headers) plan = headersPlan(plan);
  return codePlan(plan, rules);
}

function isFolder(path: string): boolean {
  return Deno.statSync(path).isDirectory;
}

/** Plans the files whose licence name begins with one of `licenses`; of several names (`MIT OR ...`) one is enough. */
function licensePlan(
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

/** Returns the judge of a file's licence. */
export function licenseJudge(licenses: readonly string[]): Judge {
  return ({ text, meta }) => {
    const license = String(meta?.license ?? "").toLowerCase();
    const names = license.split(/[()\s]+|\bor\b|,|\//);
    if (license === "") return { drop: "no licence" };
    return licenses.some((prefix) => names.some((name) => name.startsWith(prefix)))
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
