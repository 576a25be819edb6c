/**
 * Evaluation of a saved model with the paper's protocols, with flags.
 *
 *     deno run -A examples/evaluate.ts --help
 *     deno run -A examples/evaluate.ts --model out/moby --tasks piqa,hellaswag --data data --limit 200
 *     deno run -A examples/evaluate.ts --model out/moby --suite common-sense --data data --out report.md
 *
 * `--data` is a folder with the data of each task in a folder of its name. What the model answered is kept: stopped
 * with Ctrl-C, the same command goes on where it was.
 *
 * @module
 */
import { type AddOptions, Evaluator, Model } from "@llamero/sdk";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";

const flags = z.strictObject({
  model: z.string().min(1, "must be the folder of a saved model").default("out/quickstart/model").describe(
    "folder of a saved model",
  ),
  tasks: z.string().default("").describe(
    "benchmarks by name, such as piqa,gsm8k:maj1@100 (a variant behind the colon)",
  ),
  suite: z.string().default("").describe(
    "a section of the paper: llama, common-sense, closed-book, reading, math, code, bias",
  ),
  data: z.string().default("").describe("folder for all data; without it: LLAMERO_DATA"),
  limit: z.int().min(1).optional().describe("only the first so many items of each task"),
  shots: z.int().min(0).optional().describe("examples in front of each prompt; without it: the paper's"),
  chat: z.boolean().default(false).describe("prompts go through the chat template"),
  seed: z.int().default(42).describe("decides examples and draws"),
  out: z.string().default("").describe("file for the report, .json with all items or .md"),
});
const { model: folder, tasks, suite, data, limit, shots, chat, seed, out } = await readFlags(
  flags,
  "evaluate",
  "Scores a saved model with the paper's protocols.",
);

let plan = new Evaluator(await Model.load(folder), { seed });
if (suite) plan = plan.suite(suite, { limit, ...(data && { data }) });
for (const [task, variant] of tasks.split(",").filter(Boolean).map((name) => name.split(":"))) {
  const options: AddOptions = { limit, shots, variant, chat, ...(data && { data: `${data}/${task}` }) };
  plan = plan.add(task, options);
}
console.log(`${plan}\n`);

const report = await plan.run();
console.log(`${report}\n\n${report.compare()}`);
if (out) await report.write(out);
Deno.exit(0); // the GPU's threads would keep the process
