/**
 * The English CommonCrawl corpus [paper 2.1], 67 % of LLaMA's tokens: CCNet's pipeline, then a classifier of
 * references.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { encodingDetector } from "../../formats/encoding/detect_encoding.ts";
import { notText } from "../../formats/encoding/text_or_not.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { readHttpResponse } from "../../formats/records/http_response.ts";
import { findWarc, type WarcRecord } from "../../formats/records/warc.ts";
import { dedupPlan } from "../dedup/dedup.ts";
import type { Document } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import { TextClassifier } from "../filters/classifier.ts";
import { htmlText } from "../text/html_text.ts";
import { decodePage } from "../text/page_encoding.ts";
import { languagePlan } from "../filters/language.ts";
import { type Bucket, perplexityPlan } from "../filters/perplexity_filter.ts";
import { qualityPlan } from "../filters/quality.ts";
import { NgramModel } from "../filters/ngram_model.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type BrokenOptions, type OnBroken, onBrokenSchema, readerPlan } from "../io/file_reader.ts";
import { type Judge, judgeOf, offPlan, stagePlan, textStepPlan } from "../steps/document_step.ts";

/** The selection of pages. */
export interface CommonCrawlOptions extends BrokenOptions {
  /** Minimum characters of a page; default 300, as in CCNet. */
  leastCharacters?: number;
  /**
   * Number of files that are deduplicated together; default 50, as in CCNet. `false` turns the step off.
   */
  groups?: number | "all" | false;
  /** `none` (default, as in CCNet) removes a repeated paragraph from every page; `first` keeps the first copy. */
  copies?: "none" | "first";
  /** Languages that stay; default `en` [paper 2.1]. `false` turns the step off. */
  language?: string | readonly string[] | false;
  /** Minimum probability of the language; default 0.5, as in CCNet. */
  languageMin?: number;
  /** A language model of good text; without one the perplexity step is off. */
  languageModel?: NgramModel;
  /** Perplexity buckets that stay; default head and middle, as in RedPajama (the paper does not say). */
  keep?: readonly Bucket[];
  /** Perplexities at which head and middle end; default: the 30th and 60th percentile of the pages, as in CCNet. */
  cutoffs?: readonly [number, number];
  /** A classifier of pages used as references in Wikipedia against random pages; without one the step is off. */
  references?: TextClassifier;
  /** Minimum score of the classifier; default 0.25, as in RedPajama (the paper gives none). */
  referencesMin?: number;
}

const schema = optionsSchema<CommonCrawlOptions>("CommonCrawlOptions")(z.strictObject({
  leastCharacters: z.number().int().min(0).default(300),
  groups: z.union([z.number().int().min(1), z.enum(["all"]), z.literal(false)]).default(50),
  copies: z.enum(["none", "first"]).default("none"),
  language: z.union([z.string(), z.array(z.string()).readonly(), z.literal(false)]).default("en"),
  languageMin: z.number().min(0).max(1).default(0.5),
  languageModel: z.custom<NgramModel>((value) => value instanceof NgramModel, "must be an NgramModel")
    .optional(),
  keep: z.array(z.enum(["head", "middle", "tail"])).readonly().optional(),
  cutoffs: z.tuple([z.number(), z.number()]).readonly().optional(),
  references: z.custom<TextClassifier>((value) => value instanceof TextClassifier, "must be a TextClassifier")
    .optional(),
  referencesMin: z.number().min(0).max(1).default(0.25),
  onBroken: onBrokenSchema,
}));

/** Plans the pages of WET or WARC files, deduplicated by paragraph, filtered by language and by two models. */
export function commonCrawlPlan(paths: Paths, options: CommonCrawlOptions = {}): DatasetPlan<Document> {
  const settings = parseOptions(schema, options, "Dataset.commonCrawl");
  const { groups, language, languageModel: model, references, keep, cutoffs } = settings;
  let plan = minLengthPlan(warcPlan(paths, settings.onBroken), settings.leastCharacters);
  if (groups !== false) {
    plan = dedupPlan(plan, { by: "line", normalize: "ccnet", keep: settings.copies, scope: groups });
  }
  if (language !== false) plan = languagePlan(plan, { keep: language, min: settings.languageMin });
  plan = model ? perplexityPlan(plan, { model, keep, cutoffs }) : offPlan(plan, "perplexity", "no model");
  return references
    ? qualityPlan(plan, { model: references, min: settings.referencesMin })
    : offPlan(plan, "quality", "no model");
}

/** Plans the documents of at least `characters` characters. */
function minLengthPlan(input: DatasetPlan<Document>, characters: number): DatasetPlan<Document> {
  return textStepPlan(input, {
    op: "at least",
    options: { characters },
    job: () => judgeOf(import.meta.url, characters, lengthJudge),
  });
}

/** Returns the judge of a document's length. */
export function lengthJudge(characters: number): Judge {
  return ({ text }) => text.length < characters ? { drop: "short" } : { text };
}

/** A page as it is in the file. */
interface RawPage extends Omit<Document, "text"> {
  /** True for text, as in WET files; false for the response of a server. */
  isText: boolean;
  /** Content type of the record. */
  type: string;
  /** Bytes of the record. */
  body: Uint8Array;
}

/** Plans the pages of WET files, which are text, and of WARC files, whose HTML becomes text. */
export function warcPlan(paths: Paths, onBroken?: OnBroken): DatasetPlan<Document> {
  const pages = readerPlan<RawPage>(paths, {
    op: "warc",
    options: { onBroken },
    onBroken,
    async *read({ path, name }, _, counts) {
      let record = 0;
      for await (const found of findWarc(path)) {
        if (isBrokenRecord(found)) yield found;
        else {
          const page = rawPageOf(found.value);
          if (!page) {
            const note = `${found.value.headers["warc-type"] ?? "nameless"} records, which are no pages`;
            counts.notes[note] = Number(counts.notes[note] ?? 0) + 1;
            continue;
          }
          const id = found.value.headers["warc-record-id"] ?? `${name}:${++record}`;
          yield { value: { ...page, source: name, id }, id, place: { file: name } };
        }
      }
    },
  });
  return stagePlan(pages, {
    op: "page text",
    raw: true,
    job: () => judgeOf(import.meta.url, undefined, pageJudge),
  });
}

/** Returns a record that is a page; undefined for a record of another kind. */
function rawPageOf({ headers, body }: WarcRecord): Omit<RawPage, "source" | "id"> | undefined {
  const kind = headers["warc-type"];
  const isText = kind === "conversion";
  if (!isText && kind !== "response" && kind !== "resource") return undefined;
  const meta = {
    url: headers["warc-target-uri"],
    timestamp: headers["warc-date"],
    digest: headers["warc-block-digest"],
  };
  return { isText, type: headers["content-type"] ?? "", body, meta };
}

/** Loads the judge that turns a page into text. */
export async function pageJudge(): Promise<Judge<RawPage>> {
  const detect = await encodingDetector();
  return ({ isText, type: recordType, body }, note) => {
    const noteReplaced = (count: number) => note("characters that cannot be decoded (U+FFFD)", count);
    if (isText) {
      // In CCNet the first line is the title and the rest the text.
      const text = new TextDecoder().decode(body);
      if (text.includes("\uFFFD")) noteReplaced(text.split("\uFFFD").length - 1);
      const end = text.indexOf("\n");
      return {
        text: text.slice(end + 1).trimEnd(),
        meta: { title: end < 0 ? "" : text.slice(0, end).trim() },
      };
    }
    const { status, type = recordType, problem, isCut, body: content } = readHttpResponse(body);
    if (status !== undefined && status !== 200) return { drop: `HTTP status ${status}` };
    if (problem) return { drop: problem };
    const isHtml = /html/i.test(type) || (status !== undefined && /^(application\/http|$)/i.test(type));
    if (!isHtml && !/^text\/plain/i.test(type)) return { drop: "neither HTML nor text" };
    const { text: page, encoding, replaced } = decodePage(content, type, detect);
    // A page may hold a few zeros by mistake; browsers pass over them.
    const hasZeros = isHtml && replaced === 0 && content.includes(0);
    if (notText(hasZeros ? content.filter((byte) => byte !== 0) : content, encoding)) {
      return { drop: "not text" };
    }
    if (isCut) note("bodies cut short");
    noteReplaced(replaced);
    if (!isHtml) return { text: page };
    const title = /<title[^<>]{0,200}>([^<]{0,1000})/i.exec(page)?.[1];
    return { text: htmlText(page), meta: { title: title === undefined ? "" : htmlText(title) } };
  };
}
