/**
 * The search for a call of a program by number or by words.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { plural } from "../../display/format.ts";
import { type Call, nameOfCall } from "../call.ts";
import { partOf, type Pass, passOf, resultOf, shortName } from "./call_facts.ts";

/**
 * Returns the index of the call that `which` names: a number as in the listing, or words such as "rope" and "block 0
 * attention backward". Each word has to stand in the part of the model, in the kernel's name, in the name of a tensor that
 * the call writes, or be its direction, `forward` or `backward`. Of several the first is taken; whole names go before parts of names.
 *
 * @param forwardCalls calls of the forward pass, which come first
 * @throws {ConfigError} for a number beyond the program, and for words that no call has, naming the kernels that it has
 */
export function findCall(calls: readonly Call[], forwardCalls: number, which: number | string): number {
  if (typeof which === "number") {
    if (calls[which]) return which;
    throw new ConfigError(
      `Cannot find call ${which}: the program has ${plural(calls.length, "call")}, numbered from 0`,
      { path: "call", value: which },
    );
  }
  const wanted = which.toLowerCase().replaceAll(/\b(block|layer) (\d+)\b/g, "block-$2").split(/[\s,]+/)
    .filter((word) => word !== "");
  const found = calls.map((call, i) => fit(call, passOf(i, forwardCalls, calls), wanted));
  const best = Math.max(0, ...found);
  if (best > 0) return found.indexOf(best);
  const kernels = [...new Set(calls.map(shortName))].join(", ");
  throw new ConfigError(`Cannot find a call "${which}": give its number, or words such as: ${kernels}`, {
    path: "call",
    value: which,
  });
}

/** Returns 0 for a call that lacks a word, else the more, the more of the words are whole names. */
function fit(call: Call, pass: Pass, wanted: readonly string[]): number {
  const part = partOf(call).replace("block ", "block-");
  const whole = [part, pass, ...shortName(call).split(" "), resultOf(call)]
    .map((name) => name.toLowerCase());
  const names = `${nameOfCall(call)} ${resultOf(call)}`.toLowerCase();
  let fitting = 1;
  for (const word of wanted) {
    if (whole.includes(word)) fitting++;
    else if (word.startsWith("block-") || !names.includes(word)) return 0;
  }
  return wanted.length === 0 ? 0 : fitting;
}
