/**
 * Scores a saved model with the paper's protocols.
 *
 *     deno run -A examples/evaluate.ts --help
 *     deno run -A examples/evaluate.ts --model out/moby --tasks piqa,hellaswag --data data --limit 200
 *     deno run -A examples/evaluate.ts --model out/moby --suite common-sense --data data --out report.md
 *
 * The folder `--data` holds a folder per task, named after it. The model's answers are kept: after Ctrl-C, the same command
 * continues where it was.
 *
 * @module
 */
import { type AddOptions, Evaluator, Model } from "@llamero/sdk";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { meaning } from "./cli/help.ts";
import { runMain } from "./cli/main.ts";

const help = Evaluator.help("add");
const flags = z.strictObject({
  model: z.string().min(1, "must be the folder of a saved model").default("out/quickstart/model").describe(
    "folder of a saved model",
  ),
  dtype: z.enum(["f32", "f16", "q8"]).default("f32").describe(
    "weights in memory: 4 bytes each, 2, or about 1",
  ),
  tasks: z.string().default("").describe(
    "benchmarks by name, with a variant after a colon: piqa,gsm8k:maj1@100",
  ),
  suite: z.string().default("").describe(
    "section of the paper: llama (all), common-sense, closed-book, reading, math, code, bias",
  ),
  data: z.string().default("").describe(
    "folder for all data; default: the folder in the variable LLAMERO_DATA",
  ),
  limit: z.int().min(1).optional().describe(meaning(Evaluator.help("suite"), "limit", true)),
  shots: z.int().min(0).optional().describe(meaning(help, "shots", true)),
  chat: z.boolean().default(false).describe(meaning(help, "chat")),
  seed: z.int().default(42).describe(meaning(Evaluator.help("new"), "seed")),
  out: z.string().default("").describe("file for the report: .json with all items, or .md"),
});
const { model: folder, dtype, tasks, suite, data, limit, shots, chat, seed, out } = await readFlags(
  flags,
  "evaluate",
  "Scores a saved model with the paper's protocols.",
);

await runMain(async () => {
  if (!tasks && !suite) {
    console.error(
      "Name what to ask: --tasks piqa,hellaswag or --suite common-sense\n(evaluate --help lists the flags)",
    );
    return 2;
  }
  let plan = new Evaluator(await Model.load(folder, { dtype }), { seed });
  if (suite) plan = plan.suite(suite, { limit, ...(data && { data }) });
  for (const [task, variant] of tasks.split(",").filter(Boolean).map((name) => name.split(":"))) {
    const options: AddOptions = { limit, shots, variant, chat, ...(data && { data: `${data}/${task}` }) };
    plan = plan.add(task, options);
  }
  console.log(`${plan}\n`);

  const report = await plan.run();
  console.log(`${report}\n\n${report.compare()}`);
  if (out) await report.write(out);
});
