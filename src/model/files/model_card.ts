/**
 * The README of a saved model.
 *
 * @module
 */
import { count, escapeMarkdown } from "../../display/mod.ts";
import { countParameters, type ModelConfig } from "../architecture/config.ts";
import { activationName, changedParts, hasBias, positionOf } from "../architecture/parts.ts";
import type { ModelHandle } from "../model_state.ts";

/**
 * Returns a model card in Markdown with the front matter that hubs read.
 *
 * @param more sections at its end, such as those on its training
 */
export function modelCard(model: Pick<ModelHandle, "name" | "config">, more = ""): string {
  const c = model.config;
  const n = countParameters(c);
  const own = changedParts(c).length > 0;
  return `---
library_name: ${own ? "llamero" : "transformers"}
pipeline_tag: text-generation
---

# ${escapeMarkdown(model.name)}

${
    own
      ? `A transformer with other parts than LLaMA's (Touvron et al. 2023), made with Llamero, which alone reads this folder.`
      : "A LLaMA-architecture model (Touvron et al. 2023) made with Llamero."
  }

| | |
|---|---|
| parameters | ${count(n.total)} (${count(n.blocks)} without embeddings) |
| dimension | ${c.dim} |
| layers | ${c.layers} |
| heads | ${c.heads} (${c.kvHeads} for keys and values) |
| feed-forward width | ${c.hidden} |
${own ? partRows(c) : ""}| vocabulary | ${c.vocabSize} |
| context | ${c.context} |

\`\`\`ts
import { Model } from "@llamero/sdk";
const model = await Model.load("path/to/this/folder");
console.log(await model.generate("Once").text());
\`\`\`
${more && `\n${more}`}`;
}

/** Returns rows of the table for the parts of a model. */
function partRows(c: ModelConfig): string {
  const rows = [
    ["norm", hasBias(c) ? "layer norm" : "RMSNorm"],
    ["activation", activationName(c)],
    ["positions", positionOf(c)],
    ...c.parts?.name === undefined ? [] : [["forward pass", c.parts.name]],
  ];
  return rows.map(([name, value]) => `| ${name} | ${escapeMarkdown(value)} |\n`).join("");
}
