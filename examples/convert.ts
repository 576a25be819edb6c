/**
 * A model from one format into another: Hugging Face folders, the original release's folders, GGUF files and hf:// ids
 * are read; Hugging Face folders and GGUF files are written.
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

const flags = z.strictObject({
  from: z.string().min(1, "must be a model").describe(
    "folder, .gguf file or hf:// id; also as the first word",
  ),
  to: z.string().min(1, "must be a path").describe(
    "folder, or a file that ends in .gguf; also as the second word",
  ),
  format: z.enum(["hf", "gguf"]).optional().describe(
    "without it: gguf where the path ends in .gguf, else hf",
  ),
  dtype: z.enum(["f32", "f16", "q8_0"]).default("f32").describe("packing of a GGUF file's matrices"),
  shardBytes: z.int().min(1).default(50e9).describe("most bytes of a file of weights in a folder"),
  context: z.int().min(1).optional().describe("positions; without it: the model's"),
});
const { from, to, context, ...save } = await readFlags(
  flags,
  "convert",
  "A model from one format into another.",
  words(["from", "to"]),
);

const model = await Model.load(from, { context });
console.log(`${model}`);
await model.save(to, save);
console.log(`written: ${to}`);
Deno.exit(0); // the GPU's threads would keep the process
