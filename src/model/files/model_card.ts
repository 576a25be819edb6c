/**
 * The README of a saved model.
 *
 * @module
 */
import { count, escapeMarkdown } from "../../display/mod.ts";
import { countParameters } from "../architecture/config.ts";
import type { ModelHandle } from "../model_state.ts";

/**
 * Returns a model card in Markdown with the front matter that hubs read.
 *
 * @param more sections at its end, such as those on its training
 */
export function modelCard(model: Pick<ModelHandle, "name" | "config">, more = ""): string {
  const c = model.config;
  const n = countParameters(c);
  return `---
library_name: transformers
pipeline_tag: text-generation
---

# ${escapeMarkdown(model.name)}

A LLaMA-architecture model (Touvron et al. 2023) made with Llamero.

| | |
|---|---|
| parameters | ${count(n.total)} (${count(n.blocks)} without embeddings) |
| dimension | ${c.dim} |
| layers | ${c.layers} |
| heads | ${c.heads} (${c.kvHeads} for keys and values) |
| feed-forward width | ${c.hidden} |
| vocabulary | ${c.vocabSize} |
| context | ${c.context} |

\`\`\`ts
import { Model } from "@llamero/sdk";
const model = await Model.load("path/to/this/folder");
console.log(await model.generate("Once").text());
\`\`\`
${more && `\n${more}`}`;
}
