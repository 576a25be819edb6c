/**
 * The protocol of a number as names and values in words, without what is zero or empty.
 *
 * @module
 */
import { plural } from "../../display/mod.ts";
import type { Decoding } from "../models/eval_model.ts";
import type { Protocol } from "../tasks/task_result.ts";

/**
 * Returns the settings of a protocol, one name and value each, for a person to read.
 *
 * @param unit the parts of the data that are counted: `items` or `windows`
 */
export function protocolFacts(
  protocol: Protocol,
  unit: "items" | "windows",
): [name: string, value: string][] {
  const { variant, rule, shots, seed, prompt, header, decoding, data, limit, chatTemplate } = protocol;
  const { context, tokenizer, truncated, droppedShots, unusable, notes } = protocol;
  const facts: [string, string | undefined][] = [
    ["variant", variant],
    ["rule", rule],
    ["data", data],
    [
      "items",
      limit === undefined
        ? `all ${unit}`
        : `the first ${plural(limit, unit === "items" ? "item" : "window")}`,
    ],
    ["header", header],
    ["prompt", prompt],
    ["chat template", chatTemplate ? "yes" : "no"],
    ["examples", shots === 0 ? "none" : `${shots} before each prompt`],
    ["decoding", decoding && decodingText(decoding)],
    ["seed", String(seed)],
    ["context", context === undefined ? undefined : plural(context, "token")],
    ["tokenizer", tokenizer],
    ["cut", truncated === 0 ? undefined : `${plural(truncated, "prompt")} on the left, to fit the context`],
    ["dropped", droppedShots === 0 ? undefined : `${plural(droppedShots, "example")} that did not fit`],
    ["unusable", unusable === 0 ? undefined : plural(unusable, "row")],
    ["notes", notes.length === 0 ? undefined : notes.join("\n")],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

function decodingText({ temperature, maxTokens, stop, topP, seed }: Decoding): string {
  return [
    temperature === 0 ? "greedy" : `temperature ${temperature}`,
    ...topP === undefined ? [] : [`top-p ${topP}`],
    ...seed === undefined ? [] : [`seed ${seed}`],
    `at most ${plural(maxTokens, "token")}`,
    ...stop.length === 0 ? [] : [`ends before ${stop.map((text) => JSON.stringify(text)).join(" or ")}`],
  ].join(", ");
}
