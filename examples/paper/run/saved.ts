/**
 * The model as files: a Hugging Face folder with its model card, and a GGUF file, both read again.
 *
 * @module
 */
import { Model } from "@llamero/sdk";
import { escapeMarkdown } from "@llamero/sdk/display";
import type { Report } from "@llamero/sdk/eval";
import { heldText } from "./corpus.ts";
import { type RunFolder, sizeOf, writeText } from "./run_folder.ts";

/** The model in memory, or a file or folder that holds it. */
export interface SavedModel {
  /** Its path below the folder of the run; undefined in memory. */
  path?: string;
  /** Bytes on disk. */
  bytes?: number;
  /** Loss on held-out text, nats per token; of a file, of the model that was read from it. */
  loss: number;
}

/** Saves the tuned model as a folder with a model card and as a GGUF file, and measures both. */
export function save(run: RunFolder, reports: readonly Report[]): Promise<SavedModel[]> {
  const { heldWindows } = run.settings;
  return run.stage({
    name: "saved",
    title: "Files: a Hugging Face folder with a model card, and a GGUF file",
    after: ["scores"],
    settings: { heldWindows },
    files: ["model", "model.gguf"],
    async work() {
      const text = heldText(run, "wikipedia");
      const saved: SavedModel[] = [];
      {
        using model = await Model.load(run.at("tuned"), { name: "paper-in-miniature" });
        saved.push({ loss: (await model.loss(text, { limit: heldWindows })).loss });
        await model.save(run.at("model"));
        await model.save(run.at("model.gguf"));
      }
      const card = run.at("model/README.md");
      const folder = escapeMarkdown(`${run.path}/`);
      const scores = cardOf(reports).replaceAll(folder, ""); // no path of this machine
      await writeText(card, `${await Deno.readTextFile(card)}\n${scores}`);
      for (const path of ["model", "model.gguf"]) {
        using model = await Model.load(run.at(path), { name: "read again" });
        const { loss } = await model.loss(text, { limit: heldWindows });
        saved.push({ path, bytes: await sizeOf(run.at(path)), loss });
      }
      return saved;
    },
  });
}

/** Returns the part of the model card that says what the model is for, and its scores. */
function cardOf(reports: readonly Report[]): string {
  return [
    "## Data",
    "A made-up world of towns and people, in the raw formats of the paper's seven sources; all of it is generated. " +
    "The benchmarks ask about the same world, in the file formats of the published ones. The scores say nothing " +
    "about the published benchmarks, and the model knows nothing about the real world.",
    ...reports.map((report, i) =>
      i === 0 ? report.modelCard() : report.modelCard().split("\n\n").slice(2).join("\n\n")
    ),
  ].join("\n\n");
}
