/**
 * The judges that workers know, by name. Only the modules of those that are asked for are loaded: each worker has its own
 * copy of them.
 *
 * @module
 */
import type { Judge } from "./judged.ts";

/** Makes a judge of the plain data that a job carries. */
export type MakeJudge = (config: never) => Judge<never> | Promise<Judge<never>>;

/** Loads makers of judges. */
export const judges: Readonly<Record<string, () => Promise<MakeJudge>>> = {
  "at least": async () => (await import("../corpora/common_crawl.ts")).lengthJudge,
  clean: async () => (await import("../filters/c4.ts")).cleanJudge,
  code: async () => (await import("../filters/code.ts")).codeJudge,
  gutenberg: async () => (await import("../corpora/books.ts")).gutenbergJudge,
  headers: async () => (await import("../filters/code.ts")).headersJudge,
  keep: async () => (await import("../text_step.ts")).keepJudge,
  language: async () => (await import("../filters/language.ts")).languageJudge,
  licence: async () => (await import("../corpora/github.ts")).licenseJudge,
  page: async () => (await import("../corpora/common_crawl.ts")).pageJudge,
  quality: async () => (await import("../filters/quality.ts")).qualityJudge,
  shingles: async () => (await import("../dedup/sketch.ts")).shinglesJudge,
  tex: async () => (await import("../corpora/arxiv.ts")).texJudge,
  thread: async () => (await import("../corpora/stack_exchange.ts")).threadJudge,
  wikitext: async () => (await import("../corpora/wikipedia.ts")).wikitextJudge,
};
