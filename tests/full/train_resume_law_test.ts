// The resume law over every reader and every step of Dataset: N steps equal k + (N - k), and k + j + (N - k - j), bit for
// bit. Each session has its own cache, so a resumed run reads and packs its data anew.
import assert from "node:assert/strict";
import { parquetWriteFile } from "hyparquet-writer";
import {
  type Conversation,
  Dataset,
  NgramModel,
  TextClassifier,
  type TokenDataset,
} from "../../src/data/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import { inFolder } from "../support/folder.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { assertSameWeights, chainRows, quiet, tinyModel } from "../train/support.ts";

const N = 6;
const k = 2;
const j = 2;
const novel = (await Dataset.sample("moby-dick").take(12).toArray()).map(({ text }) => text).join("\n")
  .replace(/[^A-Za-z,.\n ]/g, "").replace(/ *\n+ */g, " ");
const sentences = novel.split(/(?<=\.) +/).filter((one) => one.length > 60 && one.length < 300);
const sentence = (i: number) => sentences[i % 400];
/** Returns three lines that are in no other text below 120. */
const text = (i: number) => [sentence(3 * i), sentence(3 * i + 1), sentence(3 * i + 2)].join("\n");
const many = Array.from({ length: 30 }, (_, i) => ({ text: text(i), id: `text ${i}` }));
const chats = many.map(({ text }, i) => ({ prompt: sentence(i).slice(0, 20), completion: text.slice(0, 9) }));

type Made = Dataset | TokenDataset | Dataset<Conversation>;
const tokenizer = await Tokenizer.train(many, { vocabSize: 340 });
const from = () => Dataset.from(many);

/** Datasets of every reader, by its name on Dataset; `at` is a folder with files. */
const readers: Record<string, (at: string) => Made> = {
  text: (at) => Dataset.text(`${at}/*.txt`),
  lines: (at) => Dataset.lines(`${at}/*.txt`),
  jsonl: (at) => Dataset.jsonl(`${at}/rows.jsonl`, { text: "text" }),
  csv: (at) => Dataset.csv(`${at}/rows.csv`, { text: "text" }),
  parquet: (at) => Dataset.parquet(`${at}/rows.parquet`, { text: "text" }),
  from,
  sample: () => Dataset.sample("moby-dick").take(3),
  tokens: () => Dataset.tokens(chainRows(7, 24)),
  mix: (at) =>
    Dataset.mix({ a: { from: from(), weight: 0.6 }, b: { from: Dataset.text(`${at}/*.txt`), weight: 0.4 } }),
  concat: (at) => Dataset.concat(from(), Dataset.text(`${at}/*.txt`)),
  commonCrawl: (at) => Dataset.commonCrawl(`${at}/pages.warc.wet`),
  c4: (at) => Dataset.c4(`${at}/c4.jsonl`),
  github: (at) => Dataset.github(`${at}/tree`),
  wikipedia: (at) => Dataset.wikipedia(`${at}/wiki.xml`),
  books: (at) => Dataset.books(`${at}/*.txt`),
  arxiv: (at) => Dataset.arxiv(`${at}/papers/*.tex`),
  stackExchange: (at) => Dataset.stackExchange(`${at}/Posts.xml`),
  llama: (at) => Dataset.llama({ c4: Dataset.c4(`${at}/c4.jsonl`), books: Dataset.text(`${at}/*.txt`) }),
};

/** Datasets with every step, by its name on Dataset. */
const steps: Record<string, (models: Models) => Made> = {
  map: () => from().map((one) => ({ ...one, text: one.text.toUpperCase() })),
  filter: () => from().filter(({ text }) => text.length % 3 > 0),
  shuffle: () => from().shuffle({ seed: 3 }),
  take: () => from().take(21),
  skip: () => from().skip(5),
  split: () => from().split({ train: 0.8, rest: 0.2 }).train,
  dedup: () => from().dedup({ by: "near" }).dedup({ by: "line" }),
  language: () => from().language({ keep: ["en"] }),
  clean: () => from().clean(),
  cache: () => from().clean().cache(),
  quality: ({ classifier }) => from().quality({ model: classifier, min: 0.1 }),
  perplexity: ({ ngrams }) => from().perplexity({ model: ngrams, keep: ["head", "middle", "tail"] }),
  contamination: ({ at }) => from().contamination(`${at}/benchmark.txt`, { drop: true, n: 5 }),
  conversations: () => Dataset.from(chats).conversations(),
  tokenize: () => from().tokenize(tokenizer, { context: 24, documentMask: true }),
};

interface Models {
  at: string;
  classifier: TextClassifier;
  ngrams: NgramModel;
}

/** Members of Dataset that are neither readers nor steps. */
const terminal = [
  "constructor",
  "preview",
  "toArray",
  "stats",
  "write",
  "picture",
  "toJSON",
  "fingerprint",
  "lineage",
];

/** Writes the files that the readers read. */
async function files(at: string): Promise<void> {
  const write = async (name: string, text: string) => {
    await Deno.mkdir(`${at}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${at}/${name}`, text);
  };
  for (let i = 0; i < 24; i++) await write(`book ${i}.txt`, text(i + 40) + "\n");
  await write("rows.jsonl", many.map((one) => JSON.stringify(one)).join("\n"));
  await write("rows.csv", ["text", ...many.map(({ text }) => `"${text}"`)].join("\n"));
  parquetWriteFile({
    filename: `${at}/rows.parquet`,
    columnData: [{ name: "text", data: many.map(({ text }) => text) }],
  });
  await write(
    "c4.jsonl",
    many.map(({ text }, i) => JSON.stringify({ text, url: `http://x/${i}` })).join("\n"),
  );
  await write(
    "pages.warc.wet",
    many.map(({ text }, i) => {
      const body = `Title ${i}\n${text}\n`;
      const bytes = new TextEncoder().encode(body).length;
      return `WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: u${i}\r\nWARC-Record-ID: <urn:${i}>\r\n` +
        `Content-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n${body}\r\n\r\n`;
    }).join(""),
  );
  await write(
    "tree/a/LICENSE",
    'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction',
  );
  await write("tree/a/package.json", JSON.stringify({ name: "a", license: "MIT" }));
  for (let i = 0; i < 24; i++) {
    await write(`tree/a/f${i}.ts`, `export const answer${i} = "${sentence(i)}";\n`);
  }
  const page = ({ text, id }: { text: string; id: string }, i: number) =>
    `<page><title>${id}</title><ns>0</ns><id>${i}</id><revision><id>${i}</id><text>${text}</text></revision></page>`;
  await write("wiki.xml", `<mediawiki xml:lang="en">${many.map(page).join("\n")}</mediawiki>`);
  for (let i = 0; i < 24; i++) {
    await write(
      `papers/${i}.tex`,
      `\\documentclass{article}\\begin{document}\n\\section{One}\n${text(i)}\n\\end{document}\n`,
    );
  }
  const post = (i: number) =>
    `<row Id="${2 * i + 1}" PostTypeId="1" Score="3" Title="Why ${i}" Body="${text(i)}" />\n` +
    `<row Id="${2 * i + 2}" PostTypeId="2" ParentId="${2 * i + 1}" Score="2" Body="${text(i + 1)}" />\n`;
  await write("Posts.xml", `<posts>\n${many.map((_, i) => post(i)).join("")}</posts>\n`);
  await write("benchmark.txt", many[3].text);
}

function chain(model: Model, data: Made, name: string, checkpoint?: string) {
  const options = { steps: N, batchTokens: 72, learningRate: 3e-3, warmup: 2 };
  const trainer = quiet(model, { checkpoint });
  return name === "conversations"
    ? trainer.instruct(data as Dataset<Conversation>, { ...options, context: 64 })
    : trainer.pretrain(data as Dataset, { ...options, ...(data instanceof Dataset && { context: 24 }) });
}

/** Trains in one session with its own cache, up to step `until`. */
async function session(
  made: () => Made,
  name: string,
  checkpoint: string | undefined,
  until?: number,
): Promise<Model> {
  const model = await tinyModel({ vocabSize: 340, context: 64 });
  model.tokenizer = tokenizer;
  const trainer = chain(model, made(), name, checkpoint);
  await inFolder(async () => {
    const resume = checkpoint !== undefined && [...Deno.readDirSync(checkpoint)].length > 0;
    const { history, exact } = await (resume
      ? trainer.resume(checkpoint, { display: false, until })
      : trainer.run({ display: false, until }));
    assert.equal(history.length, until ?? N);
    assert.ok(exact, "the run is exact");
  });
  return model;
}

Deno.test("N steps = k + (N - k) = k + j + (N - k - j), through every reader and step of Dataset", () =>
  inFolder(async (at) => {
    await files(at);
    const classifier = await TextClassifier.train(from(), Dataset.from(chats.map(({ prompt }) => prompt)), {
      heldOut: 0.2,
      buckets: 1 << 12,
    });
    const models = {
      at,
      classifier,
      ngrams: await NgramModel.trainOn(many, { tokenizer, order: 3 }),
    };
    const statics = Object.getOwnPropertyNames(Dataset).filter((name) =>
      !["length", "name", "prototype"].includes(name)
    );
    const verbs = Object.getOwnPropertyNames(Dataset.prototype).filter((name) => !terminal.includes(name));
    assert.deepEqual(Object.keys(readers).sort(), statics.sort(), "a reader without a case");
    assert.deepEqual(Object.keys(steps).sort(), verbs.sort(), "a step without a case");
    const cases = [
      ...Object.entries(readers).map(([name, make]) => [name, () => make(at)] as const),
      ...Object.entries(steps).map(([name, make]) => [name, () => make(models)] as const),
    ];
    for (const [name, made] of cases) {
      using whole = await session(made, name, undefined);
      for (const stops of [[k], [k, k + j]]) {
        await inFolder(async (folder) => {
          const checkpoint = `${folder}/run`;
          await Deno.mkdir(checkpoint);
          for (const until of stops) (await session(made, name, checkpoint, until)).dispose();
          using model = await session(made, name, checkpoint);
          await assertSameWeights(model, whole);
        });
      }
      console.log(`${name}: ${N} = ${k} + ${N - k} = ${k} + ${j} + ${N - k - j}`);
    }
  }));
