/**
 * The verbs that may take more than a second, each with small work that lasts long by a clock of its own.
 *
 * @module
 */
import {
  DedupJobs,
  type Document,
  joinParts,
  measurePerplexity,
  NgramModel,
  perplexityCutoffs,
  TextClassifier,
} from "../../src/data/mod.ts";
import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "../../mod.ts";
import { testDevice } from "../support/device.ts";

/** The objects on which the verbs work. */
export interface Workshop {
  /** A folder that is removed afterwards. */
  folder: string;
  /** Twelve documents. */
  corpus: Dataset<Document>;
  /** Conversations about them. */
  chats: ReturnType<Dataset<Document>["conversations"]>;
  /** A tokenizer of the documents. */
  tokenizer: Tokenizer;
  /** A model that reads 12 tokens. */
  model: Model;
  /** A trainer of that model. */
  trainer: Trainer;
}

/** A verb that shows its progress. */
export interface LongVerb {
  /** Class and verb, and what is done by it where that matters. */
  verb: string;
  /** Runs the verb. */
  work(shop: Workshop): Promise<unknown>;
  /** A line that is shown before the end: with a count where there is something to count. */
  shows: RegExp;
}

const sentences = ["the llama hums", "a whale swims", "ships sail far", "rain falls on hills"];

/** Opens the workshop in a folder. */
export async function openWorkshop(folder: string): Promise<Workshop> {
  const letters = [..."abcdefghijkl"];
  const texts = letters.map((id, i) => ({ id, text: `${sentences[i % 4]} ${id} `.repeat(8) }));
  const corpus = Dataset.from(texts) as Dataset<Document>;
  const chats = Dataset.from(letters.map((letter) => ({ prompt: `say ${letter}`, completion: letter })))
    .conversations();
  const tokenizer = await Tokenizer.train(texts, { vocabSize: 290 });
  const shape = { dim: 16, layers: 1, heads: 2, hidden: 32, vocabSize: 290, context: 12 };
  const model = await Model.create(shape, { tokenizer, device: await testDevice() });
  const trainer = new Trainer(model, { energy: false })
    .pretrain(corpus, { steps: 4, batchTokens: 48, learningRate: 1e-3, validation: 0.2 });
  await corpus.write(`${folder}/corpus.jsonl`);
  return { folder, corpus, chats, tokenizer, model, trainer };
}

/** Serves a text of several pieces and calls `use` with its address. */
async function served(use: (address: string) => Promise<unknown>): Promise<void> {
  const body = () =>
    new ReadableStream({
      async start(controller) {
        for (let i = 0; i < 4; i++) {
          await Promise.resolve();
          controller.enqueue(new TextEncoder().encode(`line ${i}\n`.repeat(100)));
        }
        controller.close();
      },
    });
  const headers = { "content-length": String(4 * 700) };
  const server = Deno.serve({ port: 0, onListen: () => {} }, () => new Response(body(), { headers }));
  try {
    await use(`http://localhost:${server.addr.port}/lines.txt`);
  } finally {
    await server.shutdown();
  }
}

const onTask = [{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }];

/** Every verb that may take more than a second. */
export const longVerbs: readonly LongVerb[] = [
  {
    verb: "Dataset.stats",
    work: ({ corpus }) => corpus.stats(),
    shows: /^reading records: 5 records, /,
  },
  {
    verb: "Dataset.toArray",
    work: ({ folder }) => Dataset.jsonl(`${folder}/corpus.jsonl`).toArray(),
    shows: /^reading corpus\.jsonl: 5 records, /,
  },
  {
    verb: "Dataset.preview",
    work: ({ corpus }) => corpus.preview(7).read(),
    shows: /^reading records: \S+ 5 of 7 records, /,
  },
  {
    verb: "Dataset.write",
    work: ({ corpus, folder }) => corpus.write(`${folder}/all.jsonl`),
    shows: /^writing all\.jsonl: 5 records, /,
  },
  {
    verb: "Dataset.write by shards",
    work: ({ corpus, folder }) => corpus.write(`${folder}/shard-*.jsonl`, { shardBytes: 400 }),
    shows: /^writing shard-\*\.jsonl: 5 records, /,
  },
  {
    verb: "Dataset.write by parts",
    work: ({ folder }) =>
      Dataset.jsonl(`${folder}/corpus.jsonl`, { text: "text" })
        .write(`${folder}/parts/x-*.jsonl`, { part: 0, of: 1, unitBytes: 300 }),
    shows: /^writing x-\*\.jsonl: 1 of \d+ shards \(reading corpus\.jsonl: \d records/,
  },
  {
    verb: "joinParts",
    work: ({ folder }) => joinParts(`${folder}/parts/x-*.jsonl`, { verify: true }),
    shows: /^joining x-\*\.jsonl: 2 shards, /,
  },
  {
    verb: "Dataset.dedup, the longest stays",
    work: ({ corpus }) => corpus.dedup({ by: "near", keep: "longest" }).stats(),
    shows: /^reading records: comparing documents, the longest first: 5 of 12 documents, /,
  },
  {
    verb: "Dataset.dedup, none stays",
    work: ({ corpus }) => corpus.dedup({ by: "paragraph", keep: "none", against: corpus.take(3) }).stats(),
    shows: /^reading records: looking for repeated text: 5 documents, /,
  },
  {
    verb: "Dataset.contamination",
    work: ({ corpus, folder }) => corpus.contamination(`${folder}/corpus.jsonl`, { n: 3 }).stats(),
    shows: /^reading records: reading the benchmarks: 5 items, /,
  },
  {
    verb: "Dataset.perplexity",
    async work({ corpus, tokenizer }) {
      const model = await NgramModel.trainOn(corpus, { tokenizer, order: 2 });
      await corpus.perplexity({ model, quantiles: [0.3, 0.6] }).stats();
    },
    shows: /^reading records: measuring perplexities: 5 documents, /,
  },
  {
    verb: "Dataset.sample",
    work: () => Dataset.sample("moby-dick").take(1).toArray(),
    shows: /^reading moby-dick: loading moby-dick \.\.\./,
  },
  {
    verb: "Dataset.lines, downloaded",
    work: () => served((address) => Dataset.lines(address).toArray()),
    shows: /^reading lines\.txt: downloading lines\.txt: \S+ kB of 2\.80 kB, /,
  },
  {
    verb: "DedupJobs.run and write",
    async work({ folder }) {
      const dataset = Dataset.jsonl(`${folder}/corpus.jsonl`, { text: "text" });
      const jobs = new DedupJobs(dataset, `${folder}/jobs`, { by: "document" });
      for (const job of jobs.stages) await jobs.run(job, { part: 0, of: 1 });
      await jobs.write(`${folder}/deduplicated/x-*.jsonl`, { part: 0, of: 1 });
    },
    shows: /^writing the files of the job: \S+ 1 of \d+ files, /,
  },
  {
    verb: "NgramModel.trainOn",
    work: ({ corpus, tokenizer }) => NgramModel.trainOn(corpus, { tokenizer, order: 3 }),
    shows: /^counting sequences of 3 tokens: 5 texts, /,
  },
  {
    verb: "measurePerplexity and perplexityCutoffs",
    async work({ folder, corpus, tokenizer }) {
      const model = await NgramModel.trainOn(corpus, { tokenizer, order: 2 });
      const dataset = Dataset.jsonl(`${folder}/corpus.jsonl`, { text: "text" });
      await measurePerplexity(dataset, `${folder}/cutoffs/p-*.json`, { model, part: 0, of: 1 });
      await perplexityCutoffs(`${folder}/cutoffs/p-*.json`);
    },
    shows: /^writing p-\*\.json: 0 of 1 shard \(reading corpus\.jsonl: 5 records, /,
  },
  {
    verb: "TextClassifier.train",
    work: ({ corpus }) => TextClassifier.train(corpus.take(6), corpus.skip(6), { epochs: 2 }),
    shows: /^training a text classifier: \S+ 5 of \d+ texts, /,
  },
  {
    verb: "TokenDataset.prepare",
    work: async ({ corpus, tokenizer, folder }) =>
      (await corpus.tokenize(tokenizer, { context: 12, dir: `${folder}/tokens` }).prepare()).close(),
    shows: /^tokenizing records: 5 records, /,
  },
  {
    verb: "TokenDataset.stats",
    work: ({ corpus, tokenizer, folder }) =>
      corpus.tokenize(tokenizer, { context: 8, dir: `${folder}/stats` }).stats(),
    shows: /^tokenizing records: 5 /,
  },
  {
    verb: "Tokenizer.train, reading",
    work: ({ corpus }) => Tokenizer.train(corpus, { vocabSize: 290 }),
    shows: /^tokenizer: counting words: 5 documents, /,
  },
  {
    verb: "Tokenizer.train, learning",
    work: ({ corpus }) => Tokenizer.train(corpus, { vocabSize: 290 }),
    shows: /^tokenizer: learning pieces: \S+ 289 of 290 pieces, /,
  },
  {
    verb: "Tokenizer.load",
    async work({ tokenizer, folder }) {
      await tokenizer.save(`${folder}/tokenizer`);
      await Tokenizer.load(`${folder}/tokenizer`);
    },
    shows: /^loading tokenizer \.\.\./,
  },
  {
    verb: "Tokenizer.stats",
    work: ({ tokenizer, corpus }) => tokenizer.stats(corpus),
    shows: /^counting tokens: 5 documents, /,
  },
  {
    verb: "Tokenizer.encodeBatch",
    work: ({ tokenizer }) => tokenizer.encodeBatch(Array(2000).fill("the llama"), { workers: 1 }),
    shows: /^encoding: \S+ 1,024 of 2,000 texts, /,
  },
  {
    verb: "Model.create",
    work: async () => (await Model.create("nano", { device: await testDevice() })).dispose(),
    shows: /^drawing the weights of nano: \S+ \S+ [kM]B of \S+ [kM]B, /,
  },
  {
    verb: "Model.load",
    async work({ model, folder }) {
      await model.save(`${folder}/model`);
      (await Model.load(`${folder}/model`, { device: model.device })).dispose();
    },
    shows: /^loading model: \S+ \S+ kB of \S+ kB, /,
  },
  {
    verb: "Model.save as a folder",
    work: ({ model, folder }) => model.save(`${folder}/saved`),
    shows: /^writing saved: \S+ \S+ kB of \S+ kB, /,
  },
  {
    verb: "Model.save as GGUF",
    work: ({ model, folder }) => model.save(`${folder}/model.gguf`),
    shows: /^writing model\.gguf: \S+ \S+ kB of \S+ kB, /,
  },
  {
    verb: "Model.parameters",
    work: ({ model }) => model.parameters(),
    shows: /^copying the weights of model \.\.\./,
  },
  {
    verb: "Model.loss",
    work: ({ model, corpus }) => model.loss(corpus, { limit: 200 }),
    shows: /^measuring the loss: \S+ \d+ of \d+ windows, /,
  },
  {
    verb: "Model.score",
    work: ({ model }) => model.score("the llama", " hums"),
    shows: /^scoring: \S+ 1 of 1 text, /,
  },
  {
    verb: "Model.scoreBatch",
    work: ({ model }) => model.scoreBatch([["the", " llama"], ["the llama hums", " on"], ["a", " b c d"]]),
    shows: /^scoring: \S+ \d of 3 texts, /,
  },
  {
    verb: "Model.logits",
    work: ({ model }) => model.logits([1, 2, 3]),
    shows: /^computing logits: \S+ 3 of 3 positions, /,
  },
  {
    verb: "Model.inspect",
    work: ({ model }) => model.inspect("the llama", { gradients: true }),
    shows: /^computing gradients \.\.\./,
  },
  {
    verb: "Model.generate",
    work: ({ model }) => model.generate("the", { maxTokens: 4, temperature: 0.5 }).ids(),
    shows: /^generating: \d tokens?, /,
  },
  {
    verb: "Model.chat",
    async work({ model, tokenizer }) {
      const options = { context: 64, tokenizer: tokenizer.withTemplate("plain"), device: model.device };
      using chatty = await Model.create({ dim: 16, layers: 1, heads: 2 }, options);
      await chatty.chat("a", { maxTokens: 4, temperature: 0.5 }).text();
    },
    shows: /^generating: \d tokens?, /,
  },
  {
    verb: "Model.generateBatch",
    work: ({ model }) => model.generateBatch(["the", "a"], { maxTokens: 3 }),
    shows: /^generating: \S+ [12] of 2 texts, /,
  },
  {
    verb: "Model.plan(...).measure",
    work: ({ model }) => model.plan({ tokens: 1000, batchTokens: 24 }).measure(),
    shows: /^measuring the speed of training steps \.\.\./,
  },
  {
    verb: "Trainer.plan().read",
    work: ({ trainer }) => trainer.plan().read(),
    shows: /^tokenizing records: \d+ |^choosing validation data: \d+ records, /,
  },
  {
    verb: "Trainer.plan().measure",
    work: ({ trainer }) => trainer.plan().measure(),
    shows: /^measuring the speed of training steps \.\.\./,
  },
  {
    verb: "Trainer.run, saving",
    work: ({ model, corpus, folder }) =>
      new Trainer(model, { energy: false, checkpoint: `${folder}/run` })
        .pretrain(corpus, { steps: 2, batchTokens: 24, learningRate: 1e-3 }).run().finished,
    shows: /^pretrain 2\/2: saving step-000002: writing /,
  },
  {
    verb: "Trainer.run, reading",
    work: ({ model, corpus }) =>
      new Trainer(model, { energy: false })
        .pretrain(corpus.map((document) => document), { steps: 2, batchTokens: 24, learningRate: 1e-3 })
        .run().finished,
    shows: /^pretrain: reading data: tokenizing records: \d+ /,
  },
  {
    verb: "Trainer.resume",
    async work({ model, corpus, folder }) {
      const trainer = new Trainer(model, { energy: false, checkpoint: `${folder}/stopped` })
        .pretrain(corpus, { steps: 3, batchTokens: 24, learningRate: 1e-3 });
      await trainer.run({ until: 2 });
      await trainer.resume();
    },
    shows: /^checking step-000002: \d of \d files/,
  },
  {
    verb: "Trainer.steps",
    async work({ model, corpus }) {
      const options = { steps: 1, batchTokens: 24, learningRate: 1e-3 };
      const trainer = new Trainer(model).pretrain(corpus.map((document) => document), options);
      for await (const step of trainer.steps()) await step.loss();
    },
    shows: /^tokenizing records: \d+ /,
  },
  {
    verb: "Trainer.verifyResume",
    work: ({ trainer }) => trainer.verifyResume({ steps: 2 }),
    shows: /^proving exact resume: \S+ [123] of 3 sessions, /,
  },
  {
    verb: "Trainer.maskPreview",
    work: ({ model, chats }) => new Trainer(model).instruct(chats, { epochs: 1 }).maskPreview(2),
    shows: /^reading records: 1 record/,
  },
  {
    verb: "Evaluator.run",
    work: ({ model }) => new Evaluator(model).add("piqa", { data: Dataset.from(onTask) }).run(),
    shows: /^piqa on model: \S+ 3 of 3 texts, /,
  },
  {
    verb: "Evaluator.run of several tasks",
    work: ({ model, corpus }) => {
      const evaluator = new Evaluator(model).add("piqa", { data: Dataset.from(onTask) });
      return evaluator.loss(corpus, { limit: 40 }).run();
    },
    shows: /^evaluating: 1 of 2 tasks \(loss on model: measuring the loss: \d+ of \d+ windows, /,
  },
  {
    verb: "Evaluator.loss",
    work: ({ model, corpus }) => new Evaluator(model).loss(corpus, { limit: 200 }).run(),
    shows: /^loss on model: measuring the loss: \d+ of \d+ windows, /,
  },
];
