/**
 * A call explained: the formula of its kernel, its tensors, its parameters and its WGSL.
 *
 * @module
 */
import { printable } from "../../base/printable.ts";
import { Displayable, type Picture } from "../../display/display.ts";
import { bytes, fixed, flop, number, plural } from "../../display/format.ts";
import { escapeHtml, join, MAX_WIDTH, scrolling } from "../../display/html.ts";
import { GREY_TINT } from "../../display/palette.ts";
import { keyValues, table } from "../../display/table.ts";
import { terminalColumns } from "../../display/terminal.ts";
import { wrapWords } from "../../display/text_width.ts";
import { type Call, type Exchange, type ExchangeKind, isDispatch, nameOfCall } from "../call.ts";
import type { Kernel } from "../kernel.ts";
import { bytesOfCall, partOf, type Pass, tensorsOf } from "./call_facts.ts";
import { commentOf, type KernelComment } from "./kernel_comment.ts";

/** The place of a call in a program. */
export interface CallPlace {
  /** The owner of the program, such as `model 5M: train`. */
  owner: string;
  /** Number of the call. */
  index: number;
  /** Its direction. */
  pass: Pass;
  /** Milliseconds, where they were measured. */
  ms?: number;
}

/**
 * Returns the explanation of a recorded call: formula, words, tensors and WGSL. The formula and the words are the comment
 * at the head of the kernel's text, whoever wrote it.
 *
 * ```ts
 * import { explain, openDevice, Recorder } from "@llamero/sdk/gpu";
 * import { softmax } from "@llamero/sdk/ops";
 *
 * const r = new Recorder(await openDevice());
 * softmax(r, r.tensor("scores", [8, 64]));
 * console.log(explain(r.calls[0]).formulas);
 * ```
 */
export function explain(call: Call): Explanation {
  return new Explanation(call);
}

/** The explanation of one call, which shows itself. */
export class Explanation extends Displayable {
  /** Makes the explanation of `call`, with its place where it is part of a program. */
  constructor(
    /** The call. */
    readonly call: Call,
    /** Its place in a program. */
    readonly place?: CallPlace,
  ) {
    super();
  }

  /** Formulas of the kernel, one a line. */
  get formulas(): readonly string[] {
    return this.#comment().formulas;
  }

  /** Sentences on the shapes, and on what an invocation computes. */
  get words(): string {
    return this.#comment().words;
  }

  /** The whole WGSL text that the device compiles; empty for an exchange. */
  get wgsl(): string {
    return this.call.kernel?.code ?? "";
  }

  /** Returns formula, words, tensors, parameters and WGSL. */
  picture(): Picture {
    const { call } = this;
    const comment = this.#comment();
    const rows = tensorsOf(call).map(({ binding, writes, tensor }) => ({
      binding,
      tensor: tensor.name,
      shape: `[${tensor.shape.join(" ")}]`,
      type: tensor.dtype,
      use: writes ? "written" : "read",
      meaning: comment.bindings[binding] ?? "",
    }));
    return join(
      keyValues(this.#title(), facts(call, this.place)),
      explanationText(comment),
      table(rows),
      ...isDispatch(call) ? [wgslText(call.kernel)] : [],
    );
  }

  #title(): string {
    const { call, place } = this;
    if (!place) return nameOfCall(call);
    const { owner, index, pass } = place;
    return `${owner}: call ${index}, ${partOf(call)}${pass && `, ${pass}`}`;
  }

  #comment(): KernelComment {
    return isDispatch(this.call) ? commentOf(this.call.kernel) : exchangeComment(this.call);
  }
}

const exchanges: Readonly<Record<ExchangeKind, KernelComment>> = {
  gather: {
    formulas: ["y = the rows x of all processes, one below another"],
    words: "where x is [R / t, C] in each of t processes, and y is [R, C] in all. No kernel runs.",
    bindings: {},
  },
  scatter: {
    formulas: ["y = the own rows of the sum of x over all processes"],
    words: "where x is [R, C] in each of t processes, and y is [R / t, C]. No kernel runs.",
    bindings: {},
  },
  sum: {
    formulas: ["y = the sum of x over all processes"],
    words: "where x and y are [R, C] in each process. No kernel runs.",
    bindings: {},
  },
};

function exchangeComment({ exchange }: Exchange): KernelComment {
  return exchanges[exchange];
}

function facts(call: Call, place?: CallPlace): [string, string][] {
  const work = [
    ...call.flop ? [flop(call.flop)] : [],
    `${bytes(bytesOfCall(call))} of tensors`,
    ...place?.ms === undefined ? [] : [`${fixed(place.ms, 3)} ms`],
  ].join(", ");
  if (!isDispatch(call)) return [["exchange", call.exchange], ["work", work]];
  const parameters = Object.entries(call.params).map(([name, value]) => `${name} ${number(value)}`);
  return [
    ["kernel", call.kernel.name],
    ["workgroups", call.grid.filter((n) => n !== undefined).join(" x ")],
    ["work", work],
    ...parameters.length ? [["parameters", parameters.join(", ")] as [string, string]] : [],
  ];
}

const noComment =
  "The text of this kernel opens with no comment. Lines with // at its head explain it here: formulas " +
  "indented by four spaces, then words on shapes and invocations.";

/** Returns formulas and words as a picture. */
export function explanationText({ formulas, words }: KernelComment): Picture {
  const said = words || (formulas.length ? "" : noComment);
  const lines = formulas.map((line) => `    ${line}`).join("\n");
  const text = (words: string) => [lines, words].filter((part) => part !== "").join("\n\n");
  return {
    text: text(said),
    terminal: (_paint, columns = terminalColumns()) => printable(text(wrapWords(said, columns).join("\n"))),
    html: (formulas.length ? pre(formulas.join("\n")) : "") +
      `<div style="max-width:${MAX_WIDTH}px">${escapeHtml(said)}</div>`,
  };
}

/** Returns the WGSL of a kernel: of an unrolled one its template, and the whole text on demand. */
function wgslText(kernel: Kernel): Picture {
  const { code, template } = kernel;
  const lines = linesIn(code);
  const title = template === undefined
    ? `WGSL, ${lines}`
    : `WGSL as a template; the device compiles it unrolled to ${lines}`;
  return {
    text: `${title}:\n\n${(template ?? code).trimEnd()}`,
    html: `<div style="margin:4px 0">${title}:</div>${wgslHtml(kernel)}` +
      (template === undefined ? "" : `<details><summary>unrolled</summary>${pre(code, true)}</details>`),
  };
}

/** Returns the kernel's own text or its template, and under it the lines in front that kernels share. */
export function wgslHtml({ code, start, template }: Kernel): string {
  const shared = code.slice(0, start);
  const own = pre((template ?? code.slice(start)).trim(), true);
  return shared === ""
    ? own
    : `${own}<details><summary>${linesIn(shared)} in front, which kernels share</summary>${
      pre(shared.trimEnd(), true)
    }</details>`;
}

function linesIn(text: string): string {
  return plural(text.trimEnd().split("\n").length, "line");
}

/** Returns lines that keep their columns, on a ground of their own; long ones scroll. */
export function pre(text: string, isLong = false): string {
  const height = isLong ? ";max-height:420px;overflow-y:auto" : "";
  return scrolling(
    `<pre style="margin:4px 0;padding:6px 10px;font:12px/1.5 monospace;background:${GREY_TINT}${height}">${
      escapeHtml(text)
    }</pre>`,
  );
}
