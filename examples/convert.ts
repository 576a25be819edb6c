/**
 * Converts a model from one format into another.
 *
 * It reads Hugging Face folders, the original release's folders, GGUF files and hf:// ids, and writes Hugging Face folders
 * and GGUF files.
 *
 *     deno run -A examples/convert.ts --help
 *     deno run -A examples/convert.ts out/moby moby.gguf --dtype q8_0
 *     deno run -A examples/convert.ts hf://owner/name/model.gguf out/model --shard-bytes 2000000000
 *     deno run -A examples/convert.ts LLaMA/7B out/7b --context 2048
 *
 * @module
 */
import { Model } from "@llamero/sdk";
import { z } from "zod";
import { readFlags, words } from "./cli/args.ts";
import { meaning } from "./cli/help.ts";
import { runMain } from "./cli/main.ts";

const flags = z.strictObject({
  from: z.string().min(1, "must be a model").describe(
    "folder, .gguf file or hf:// id; may be the first word, without the flag",
  ),
  to: z.string().min(1, "must be a path").describe(
    "folder, or a file that ends in .gguf; may be the second word, without the flag",
  ),
  format: z.enum(["hf", "gguf"]).optional().describe(
    "format of the output; default: gguf for a path that ends in .gguf, else hf",
  ),
  dtype: z.enum(["f32", "f16", "q8_0"]).default("f32").describe(
    "number format of the matrices; q8_0 for a GGUF file",
  ),
  shardBytes: z.int().min(1).default(50e9).describe(meaning(Model.help("save"), "shardBytes")),
  context: z.int().min(1).optional().describe("context in tokens; default: the model's own"),
  ropeFactor: z.number().min(1).optional().describe(
    "factor of the rotary scaling, for an original release that does not state it",
  ),
});
const { from, to, context, ropeFactor, ...save } = await readFlags(
  flags,
  "convert",
  "Converts a model from one format into another.",
  words(["from", "to"]),
);

await runMain(async () => {
  const dtype = save.dtype === "q8_0" ? "q8" : save.dtype; // held as it is written, in the least memory
  const model = await Model.load(from, { context, ropeFactor, dtype });
  console.log(`${model}`);
  await model.save(to, save);
  console.log(`written: ${to}`);
});
