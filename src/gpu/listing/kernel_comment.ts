/**
 * The comment at the head of a kernel's text, as an explanation: formulas and words.
 *
 * The text of a kernel opens with lines `//`. Those that are indented by three spaces or more are formulas, the others are
 * words: the shapes of the tensors, and which invocation computes what. A comment behind a binding describes its tensor.
 * Nothing is kept beside the text: it is read when somebody asks.
 *
 * @module
 */
import type { Kernel } from "../kernel.ts";

/** The explanation that a kernel's text carries. */
export interface KernelComment {
  /** Formulas, one a line. */
  formulas: string[];
  /** Sentences on shapes and invocations; empty where the text has none. */
  words: string;
  /** Comments behind the bindings, by their names. */
  bindings: Readonly<Record<string, string>>;
}

/** Returns the explanation at the head of the kernel's text; empty where the text opens with no comment. */
export function commentOf({ code, start }: Kernel): KernelComment {
  const own = code.slice(start);
  const lines: string[] = [];
  for (const line of own.trimStart().split("\n")) {
    const comment = /^\s*\/\/(.*)$/.exec(line)?.[1];
    if (comment === undefined) break;
    lines.push(comment.trimEnd());
  }
  const isFormula = (line: string) => /^ {3,}\S/.test(line);
  return {
    formulas: lines.filter(isFormula).map((line) => line.trim()),
    words: lines.filter((line) => !isFormula(line)).map((line) => line.trim()).join(" ").trim(),
    bindings: bindingComments(own),
  };
}

function bindingComments(text: string): Record<string, string> {
  const found = text.matchAll(/@binding\(\d+\)\s*var<storage[^>]*>\s*(\w+)\s*:[^;]*;[ \t]*\/\/[ \t]*(.*)/g);
  return Object.fromEntries([...found].map(([, name, comment]) => [name, comment.trim()]));
}
