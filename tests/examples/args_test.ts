import assert from "node:assert/strict";
import { z } from "zod";
import { parseFlags, words } from "../../examples/cli/args.ts";
import { examplesOf, flagsOf, helpText, meaning } from "../../examples/cli/help.ts";
import { Trainer } from "../../mod.ts";
import { parseArgs as miniParseArgs } from "../../src/new/mini_args.ts";
import { readTree, runDeno } from "../repo/tree.ts";

const schema = z.strictObject({
  preset: z.enum(["nano", "5M"]).default("nano").describe("model size"),
  steps: z.number().int().positive().default(150).describe("training steps"),
  learningRate: z.number().optional().describe("peak learning rate"),
  data: z.string().describe("text files"),
  chart: z.boolean().default(true).describe("draws no chart"),
  overwrite: z.boolean().default(false).describe("starts anew"),
});

const parse = (...args: string[]): z.output<typeof schema> =>
  parseFlags(schema, args, "pretrain", miniParseArgs);

Deno.test("flags become options, with the schema's defaults", () => {
  const rest = { preset: "nano", steps: 150, chart: true, overwrite: false };
  assert.deepEqual(parse("--data", "a.txt"), { ...rest, data: "a.txt" });
  assert.deepEqual(
    parse(
      "--data=a=b.txt",
      "--steps",
      "7",
      "--learning-rate=-1e-3",
      "--overwrite",
      "--no-chart",
      "--preset",
      "5M",
    ),
    { preset: "5M", steps: 7, learningRate: -0.001, data: "a=b.txt", chart: false, overwrite: true },
  );
  assert.deepEqual(parse("--overwrite", "false", "--chart=false", "--data", "12", "--data", "34"), {
    ...rest,
    data: "34",
    chart: false,
  });
});

Deno.test("wrong flags are refused with advice", () => {
  const refuses = (args: string[], message: RegExp): void =>
    assert.throws(() => parse(...args), { name: "ConfigError", message });
  refuses(["--stepz", "7"], /Cannot use --stepz: unknown flag, did you mean --steps\?/);
  refuses(["--learningRate=1"], /did you mean --learning-rate\?/);
  refuses(["--frobnicate"], /pretrain takes --preset --steps/);
  refuses(["x.txt"], /Cannot use x\.txt/);
  refuses(["--data=a", "--", "b"], /Cannot use b/);
  refuses(["-s", "7"], /Cannot use -s/);
  refuses(["--steps"], /Cannot use --steps: a value must follow it/);
  refuses(
    ["--data=a", "--steps", "many"],
    /^Cannot use --steps: it must be a number, current value is "many"$/,
  );
  refuses(["--data=a", "--steps=0"], /^Cannot use --steps: it must be more than 0, current value is 0$/);
  refuses([], /^Cannot use --data: it is missing, and must be a text$/);
});

Deno.test("the help has a line for each flag, with its default, and examples", () => {
  const examples = ['deno run pretrain.ts --data "a b" --steps 2000 --overwrite'];
  assert.equal(
    helpText("pretrain", "trains a model", flagsOf(schema), { examples, columns: 60 }),
    `pretrain: trains a model

  --preset TEXT      model size; one of nano, 5M; default:
                     nano
  --steps N          training steps; default: 150
  --learning-rate N  peak learning rate
  --data TEXT        text files; required
  --no-chart         draws no chart
  --overwrite        starts anew
  --help             shows this text

Example:
  deno run pretrain.ts --data "a b" --steps 2000 \\
    --overwrite`,
  );
});

Deno.test("numbers in the help are as people write them, and a list in its head keeps its columns", () => {
  const rates = z.strictObject({
    rate: z.number().default(3e-5).describe("peak"),
    share: z.number().default(0.95).describe("part"),
    size: z.number().default(5e10).describe("bytes"),
  });
  const about = "does it.\n  /save FILE  appends the conversation";
  const text = helpText("x", about, flagsOf(rates), { columns: 30 });
  assert.match(text, /default: 3e-5\n/);
  assert.match(text, /default: 0\.95\n/);
  assert.match(text, /default:\n? +50,000,000,000\n/);
  assert.match(text, /^ {2}\/save FILE {2}appends the\n {14}conversation$/m);
});

Deno.test("examples are the command lines of a script's comment, but for those that ask for help", () => {
  const source =
    "/**\n * Does it.\n *\n *     deno run x.ts --help\n *     deno run x.ts --a 1\n *\n */\n *     no";
  assert.deepEqual(examplesOf(source), ["deno run x.ts --a 1"]);
  assert.deepEqual(examplesOf("const x = 1;"), []);
});

Deno.test("a flag takes its meaning from the help of the SDK", () => {
  assert.equal(meaning(Trainer.help("pretrain"), "beta2"), "decay of AdamW's second moment");
  assert.match(
    meaning(Trainer.help("pretrain"), "batchTokens", true),
    /^tokens of a batch.*; default: the preset's/,
  );
  assert.throws(() => meaning(Trainer.help("pretrain"), "nothing"), /no option nothing/);
});

Deno.test("--help of every example fits 80 columns and ends with an example", async () => {
  const paths = readTree("examples", (path) => /^examples\/\w+\.ts$/.test(path)).map(({ path }) => path);
  assert.ok(paths.length >= 8);
  await Promise.all(paths.map(async (path) => {
    const { code, stdout, stderr } = await runDeno(["run", "-A", "--no-check", path, "--help"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.split("\n").filter((line) => line.length > 80), [], path);
    assert.match(stdout, /\nExamples?:\n {2}\S/, path);
    assert.doesNotMatch(stdout, /default [^:]/, `${path}: a default stands behind a colon`);
  }));
});

Deno.test("words in front of the flags stand for flags", () => {
  assert.deepEqual(words(["from", "to"], ["a", "b", "--dtype", "f16"]), [
    "--from",
    "a",
    "--to",
    "b",
    "--dtype",
    "f16",
  ]);
  assert.deepEqual(words(["from", "to"], ["a", "--to", "b"]), ["--from", "a", "--to", "b"]);
  assert.deepEqual(words(["model"], ["a", "b"]), ["--model", "a", "b"]);
  assert.deepEqual(words(["model"], []), []);
});
