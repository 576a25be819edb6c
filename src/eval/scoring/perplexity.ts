/**
 * Tasks that measure the perplexity of given texts: exp(-(1/m) sum of log p(t_j | ...)) over the m tokens of all texts.
 *
 * Bits per byte are reported too, since they compare models of different vocabularies.
 *
 * @module
 */
import { ratioError } from "../../base/ratio_error.ts";
import { utf8Bytes } from "../../data/document.ts";
import type { PerplexityDefinition } from "../tasks/definition.ts";
import { type Convert, promptedCases, type TaskCase } from "../tasks/few_shot.ts";
import { fitsContext } from "../tasks/fit_context.ts";
import { lossMeasures, sum } from "../tasks/metric.ts";
import type { PerplexityOutcome } from "../tasks/outcome.ts";
import { continued, promptOf, promptText } from "../tasks/prompt.ts";
import type { Task } from "../tasks/task.ts";
import { likelihoods } from "./likelihoods.ts";

interface PerplexityCase extends TaskCase {
  text: string;
}

/** Makes a task of likelihoods. */
export function perplexityTask<Item>(definition: PerplexityDefinition<Item>): Task {
  const { name, items, prompt, published, header, shots = 0 } = definition;
  const convert = converter(definition);
  return {
    name,
    kind: "perplexity",
    prompt: promptText(prompt),
    header: header === undefined ? undefined : promptText(header),
    shots,
    rule: "perplexity over all tokens",
    published,
    reads: typeof items === "function",
    async run(model, source, run) {
      const fits = ({ text }: PerplexityCase, context: string) => fitsContext(model, context, text);
      const cases = await promptedCases(definition, source, run, convert, fits);
      const pairs = cases.map(({ context, text }) => continued(context, text));
      const { scored, notes } = await likelihoods(model, pairs, run);
      const outcomes = cases.map(({ context, shots, dropped, text }, i): PerplexityOutcome => {
        const { logProb, tokens, truncatedTokens: cut = 0 } = scored[i];
        return { kind: "perplexity", prompt: context, shots, dropped, cut, text, logProb, tokens };
      });
      const nats = scored.map(({ logProb }) => -logProb);
      const tokens = scored.map(({ tokens }) => tokens);
      const [loss, bits, perplexity] = lossMeasures({
        nats: sum(nats),
        tokens: sum(tokens),
        bytes: sum(cases.map(({ text }) => utf8Bytes(text))),
        error: ratioError(nats, tokens),
        n: cases.length,
      });
      return { measures: [perplexity, loss, bits], items: outcomes, notes };
    },
  };
}

function converter<Item>({ prompt, answer }: PerplexityDefinition<Item>): Convert<Item, PerplexityCase> {
  return (item, problems) => {
    const before = promptOf(prompt, item, problems.error);
    const text = answer(item);
    if (typeof text !== "string" || text.trim() === "") {
      throw problems.error("the text to score must not be blank");
    }
    return { prompt: before, example: continued(before, text).join(""), text };
  };
}
