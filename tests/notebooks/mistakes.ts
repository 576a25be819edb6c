/**
 * Mistakes that a beginner makes, each as a cell, with the one line that is to be said about it.
 *
 * @module
 */

/** A cell that fails. */
export interface Mistake {
  /** The mistake in words. */
  name: string;
  /** The code that makes it. */
  code: string;
  /** The message. */
  message: RegExp;
}

/** The cell that comes first. */
export const setup = `import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "@llamero/sdk";
Deno.env.delete("LLAMERO_DATA");
const text = "why do llamas hum? because the hill is wide, said the herder. ".repeat(40);
await Deno.writeTextFile("book.txt", text);
await Deno.writeTextFile("broken.jsonl", '{"text": "a"\\n{"text": "b"\\n');
await Deno.writeTextFile("rows.jsonl", '{"text": "a"}\\n{"text": "b"}\\n');
const tokenizer = await Tokenizer.train([text], { vocabSize: 300 });
const shape = { dim: 24, layers: 1, heads: 2, hidden: 40 };
const model = await Model.create(shape, { tokenizer, context: 32 });
const untold = await Model.create({ ...shape, vocabSize: 300 }, { context: 32 });
const corpus = Dataset.text("book.txt");
const short = { steps: 2, batchTokens: 64, validation: false };
const hidden = { display: false };`;

/** A server that ends each answer before its length. */
const cutServer = `const server = Deno.listen({ port: 0, hostname: "127.0.0.1" });
const answers = (async () => {
  for await (const connection of server) {
    await connection.read(new Uint8Array(1000));
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\\r\\ncontent-length: 5000\\r\\n\\r\\nCall me"));
    connection.close();
  }
})();`;

/** A disk without space, for one call. */
const fullDisk = `const { write, writeSync } = Deno.FsFile.prototype;
const refuse = () => { throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" }); };
Object.assign(Deno.FsFile.prototype, { write: refuse, writeSync: refuse });`;

/** The mistakes; the last one takes the permission to write away. */
export const mistakes: readonly Mistake[] = [
  {
    name: "a file that is not there",
    code: `await Dataset.text("bok.txt").toArray();`,
    message: /^Cannot read bok\.txt: there is no such file, did you mean book\.txt\?$/,
  },
  {
    name: "a glob that matches nothing",
    code: `await Tokenizer.train(Dataset.text("books/*.txt"), { vocabSize: 300 });`,
    message: /^Cannot read books\/\*\.txt: no file matches it, looked in \/.*$/,
  },
  {
    name: "a model that was not made yet",
    code: `await Model.load("out/quickstart/model");`,
    message:
      /^Cannot load a model from out\/quickstart\/model: there is no such file or folder\. .*hf:\/\/owner\/name.*`deno task quickstart` and examples\/pretrain\.ts make one$/,
  },
  {
    name: "a tokenizer that was not made yet",
    code: `await Tokenizer.load("out/tokenizer");`,
    message:
      /^Cannot load a tokenizer from out\/tokenizer: there is no such file or folder\. Tokenizer\.train/,
  },
  {
    name: "an unknown size",
    code: `await Model.create("5MB", { tokenizer });`,
    message: /^Cannot make a model: unknown preset "5MB", did you mean "5M"\?$/,
  },
  {
    name: "an option that is misspelled, and nothing else",
    code: `new Trainer(model).pretrain(corpus, { step: 100 });`,
    message: /^Cannot use Trainer\.pretrain\.step: unknown option, did you mean "steps"\?$/,
  },
  {
    name: "an option by the name that other libraries give it",
    code: `new Trainer(model).pretrain(corpus, { lr: 1e-3 });`,
    message: /^Cannot use Trainer\.pretrain\.lr: unknown option, did you mean "learningRate"\?$/,
  },
  {
    name: "no length of a stage",
    code: `new Trainer(model).pretrain(corpus, {});`,
    message:
      /^Cannot use Trainer\.pretrain: give exactly one of tokens, steps and epochs, found none of them$/,
  },
  {
    name: "a number as text",
    code: `await model.generate("why", { temperature: "0.5" }).text();`,
    message: /^Cannot use generate\.temperature: it must be a number, current value is "0\.5"$/,
  },
  {
    name: "a path instead of a dataset",
    code: `new Trainer(model).pretrain("book.txt", short);`,
    message:
      /^Cannot use Trainer\.pretrain: its first argument must be a Dataset.*current value is "book\.txt"$/,
  },
  {
    name: "a forgotten await",
    code: `new Trainer(Model.create(shape, { tokenizer, context: 32 }));`,
    message:
      /^Cannot make a Trainer: .*must be a Model, current value is a Promise \(write await in front of it\)$/,
  },
  {
    name: "text without a tokenizer",
    code: `await untold.generate("why").text();`,
    message: /^Cannot generate from text: the model ".*" has no tokenizer\. Give ids, or Model\.create/,
  },
  {
    name: "a chat without a template",
    code: `await model.chat("why?").text();`,
    message: /^Cannot render a conversation: .*no chat template; tune the model with \.instruct/,
  },
  {
    name: "a prompt longer than the context",
    code: `await model.generate(text).text();`,
    message: /^Cannot generate: the prompt has 1\d+ tokens, the model's context is 32\. Shorten the prompt$/,
  },
  {
    name: "windows longer than the context",
    code: `await new Trainer(model).pretrain(corpus, { ...short, context: 64 }).run(hidden);`,
    message: /^Cannot use Trainer\.pretrain\.context: the model's context is 32, current value is 64$/,
  },
  {
    name: "a broken line of JSONL",
    code: `await Dataset.jsonl("broken.jsonl", { text: "text" }).toArray();`,
    message: /^broken\.jsonl:1: not JSON: .*; no other record can be read either$/,
  },
  {
    name: "a field that the rows do not have",
    code: `await Dataset.jsonl("rows.jsonl", { text: "txt" }).toArray();`,
    message: /^rows\.jsonl:1: field txt must be a string/,
  },
  {
    name: "texts instead of conversations",
    code: `await new Trainer(model).instruct(corpus, { steps: 1 }).run(hidden);`,
    message: /^Cannot learn from record book\.txt:1: it is a document.*\.pretrain\(\)/,
  },
  {
    name: "a vocabulary larger than the text gives",
    code: `await Tokenizer.train(corpus, { vocabSize: 32000 });`,
    message: /^Cannot train a tokenizer: vocabSize must be at most \d+, the largest possible for this corpus/,
  },
  {
    name: "a function that fails",
    code: `await corpus.map((document) => document.txt.length).toArray();`,
    message: /^Cannot map record book\.txt:1: .* threw Cannot read properties of undefined/,
  },
  {
    name: "a benchmark by a wrong name",
    code: `new Evaluator(model).add("helaswag");`,
    message:
      /^Cannot add the benchmark "helaswag": did you mean "hellaswag"\? For a task of your own use defineTask$/,
  },
  {
    name: "a benchmark without its data",
    code: `await new Evaluator(model).add("hellaswag", { limit: 5 }).run();`,
    message: /^Cannot evaluate "hellaswag": no data was named, give \{ data: path \}/,
  },
  {
    name: "a second run in one folder",
    code: `const again = new Trainer(model, { checkpoint: "runs/first" }).pretrain(corpus, short);
await again.run(hidden);
await again.run(hidden);`,
    message: /^Cannot run: runs\/first holds the checkpoints of an earlier run\. Go on with resume\(\)/,
  },
  {
    name: "a run that was never started, resumed",
    code: `await new Trainer(model, { checkpoint: "runs/none" }).pretrain(corpus, short).resume();`,
    message: /^Cannot resume: there is no checkpoint in runs\/none; start with run\(\)$/,
  },
  {
    name: "a learning rate that is far too high",
    code: `await new Trainer(await model.clone())
  .pretrain(corpus, { ...short, steps: 60, learningRate: 1e30, warmup: 0 }).run(hidden);`,
    message: /^Training turned non-finite: .*Lower learningRate and start again$/,
  },
  {
    name: "a download that is cut off",
    code: `${cutServer}
try {
  await Dataset.text(\`http://127.0.0.1:\${server.addr.port}/book.txt\`).toArray();
} finally {
  server.close();
  await answers.catch(() => {});
}`,
    message:
      /^Cannot download http:\/\/127.*: .*check the network and try again, the download resumes where it ended$/,
  },
  {
    name: "a file where a folder is needed",
    code: `await model.save("book.txt/model");`,
    message: /^Cannot save the model to book\.txt\/model: a part of the path is a file and not a folder/,
  },
  {
    name: "a full disk",
    code: `${fullDisk}
try {
  await model.save("out/model");
} finally {
  Object.assign(Deno.FsFile.prototype, { write, writeSync });
}`,
    message:
      /^Cannot save the model to out\/model: the disk is full \(No space left on device.*\), free some space$/,
  },
  {
    name: "a folder that may not be written",
    code: `await Deno.permissions.revoke({ name: "write" });
await model.save("out/model");`,
    message:
      /^Cannot save the model to out\/model: it may not be written \(Requires write access.*name another folder or allow it$/,
  },
];
