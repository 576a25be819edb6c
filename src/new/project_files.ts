/**
 * The files of a new project, as text by name.
 *
 * @module
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../train/monitoring/version.ts";

/** The name under which a project imports the SDK. */
const name = "@llamero/sdk";

/** The entries of a project's deno.json that lead to the SDK. */
interface SdkEntries {
  /** The import map. */
  imports: Record<string, string>;
  /** Folders of packages that are used in place of published ones. */
  links?: string[];
}

/**
 * Returns the entries for the project in `folder` that use the copy of the SDK whose src/new/mod lies at `address`: one
 * from npm, one from JSR, or one in a folder of this machine.
 */
export function sdkEntries(address: string, folder: string): SdkEntries {
  if (address.endsWith(".js")) return { imports: { [name]: `npm:${name}@^${version}` } };
  const imports = { [name]: `jsr:${name}@^${version}` };
  if (!address.startsWith("file:")) return { imports };
  const root = fileURLToPath(new URL("../..", address));
  return { imports, links: [relative(folder, root).replaceAll("\\", "/") || "."] };
}

/** Returns the files of the project `title`. */
export function projectFiles(title: string, entries: SdkEntries): Record<string, string> {
  const tasks = {
    train: {
      description: "Trains the model; deno task train 20 is a first look",
      command: "deno run -A train.ts",
    },
    check: { description: "Checks the types", command: "deno check" },
    kernel: { description: "Tells Jupyter about Deno, once", command: "deno jupyter --install --force" },
  };
  return {
    "deno.json": `${JSON.stringify({ ...entries, tasks }, null, 2)}\n`,
    "train.ts": script,
    "notebook.ipynb": `${JSON.stringify(notebook(title), null, 1)}\n`,
    ".gitignore": "data/\nruns/\nnode_modules/\n.ipynb_checkpoints/\n",
  };
}

const script = `// Trains a small LLaMA on a book and lets it write.
//
//     deno task train        the whole run, some minutes on a CPU
//     deno task train 20     a first look
import { Dataset, Model, Tokenizer, Trainer } from "${name}";

const steps = Number(Deno.args[0] ?? 400);

// Your own text: Dataset.text("data/*.txt"), one document per file.
const book = Dataset.sample("moby-dick");
const train = book.take(121);
const held = book.skip(121);
await train.preview(2).show();

// 1,024 pieces suit a book; a larger corpus takes 8,000 and more.
const tokenizer = await Tokenizer.train(train, { vocabSize: 1024 });

// "1M", "5M" and "15M" are larger models with settings that suit them.
const model = await Model.create({ dim: 64, layers: 2, heads: 2 }, { tokenizer, context: 64 });
await model.show();

// A run that was stopped goes on from its last checkpoint with trainer.resume().
const trainer = new Trainer(model, { checkpoint: "runs/first" })
  .pretrain(train, { steps, batchTokens: 1024, learningRate: 3e-3, warmup: 10, validation: held });
const { status } = await trainer.run({ overwrite: true });
if (status !== "done") Deno.exit(0);

await (await model.loss(held)).show(); // on the held-out chapters
await model.generate("The whale", { maxTokens: 60, temperature: 0.8 }).show();

// A folder that Hugging Face transformers and llama.cpp's converter read; Model.load("runs/model") reads it too.
await model.save("runs/model");
console.log("Saved to runs/model");
`;

/** Returns the notebook: the script cell by cell. */
function notebook(title: string): unknown {
  const cells = [
    markdown(
      `# ${title}\n\nA small language model, from a book to a text of its own. Run the cells in order; the ` +
        "**Stop** button ends a training run within a step, and the kernel keeps its state.",
    ),
    code(`import { Dataset, Model, Tokenizer, Trainer } from "${name}";

const book = Dataset.sample("moby-dick"); // your own text: Dataset.text("data/*.txt")
const train = book.take(121), held = book.skip(121);
await train.preview(3).show();`),
    markdown("The tokenizer cuts text into pieces; a rare word takes several."),
    code(`const tokenizer = await Tokenizer.train(train, { vocabSize: 1024 });
await tokenizer.show("Call me Ishmael.").show();`),
    markdown("The model, and what its training will cost."),
    code(`const model = await Model.create({ dim: 64, layers: 2, heads: 2 }, { tokenizer, context: 64 });
const steps = 400, batchTokens = 1024;
await model.plan({ tokens: steps * batchTokens, batchTokens }).show();`),
    markdown(
      'Training starts at once and shows a live chart. `await Trainer.help("pretrain").show()` lists its options.',
    ),
    code(`const run = new Trainer(model, { checkpoint: "runs/notebook" })
  .pretrain(train, { steps, batchTokens, learningRate: 3e-3, warmup: 10, validation: held })
  .run({ overwrite: true });
await run;`),
    markdown("What it learned."),
    code(`await (await model.loss(held)).show(); // on the held-out chapters
await model.generate("The whale", { maxTokens: 60, temperature: 0.8 }).show();`),
  ];
  return {
    cells: cells.map((cell, i) => ({ ...cell, id: `cell-${i + 1}` })),
    metadata: {
      kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
      language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/x.typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function markdown(text: string): Record<string, unknown> {
  return { cell_type: "markdown", metadata: {}, source: lines(text) };
}

function code(text: string): Record<string, unknown> {
  return { cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: lines(text) };
}

/** Returns the lines of a text as notebooks keep them, each with its line break. */
function lines(text: string): string[] {
  return text.split(/(?<=\n)/);
}
