/**
 * Runs the LLaMA paper in miniature: seven raw sources, tokenizer, pretraining, tuning, every benchmark, one page.
 *
 *     deno task paper --small
 *     deno task paper --out out/mine --watts 65
 *
 * @module
 */
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { runMain } from "./cli/main.ts";
import { runPaper } from "./paper/run/paper.ts";
import { RunFolder } from "./paper/run/run_folder.ts";
import { paperSettings } from "./paper/run/settings.ts";

const flags = z.strictObject({
  small: z.boolean().default(false).describe("a smaller world and model: minutes on two CPU cores"),
  out: z.string().default("").describe(
    "folder of the run; default: out/paper, or out/paper-small with --small",
  ),
  watts: z.number().min(0).default(0).describe(
    "power of the device for Table 15; default: measured, or that of the board, or an assumption",
  ),
});
const { small, out, watts } = await readFlags(
  flags,
  "paper",
  "Runs the LLaMA paper in miniature, from seven small raw sources of a made-up world to a page with every table. " +
    "A run that was stopped goes on where it was.",
);

await runMain(async () => {
  const settings = paperSettings({ small, out: out || undefined, watts: watts || undefined });
  console.log(
    `The LLaMA paper in miniature, ${
      small ? "under 6" : "about 15"
    } minutes on two CPU cores. Ctrl-C ends it; the ` +
      `same command goes on.\nThe page will be ${settings.out}/index.html`,
  );
  await runPaper(new RunFolder(settings));
  console.log(`
Done. Open ${settings.out}/index.html in a browser; README.md beside it is the same page as Markdown.
  ${settings.out}/model        the tuned model, a Hugging Face folder with its model card
  ${settings.out}/model.gguf   the same for llama.cpp
  deno run -A examples/chat.ts ${settings.out}/model
      asks it about its world`);
});
