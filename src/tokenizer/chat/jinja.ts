/**
 * Rendering of Jinja templates from files, which are not trusted: with limits of steps, sizes and time.
 *
 * The variables and functions are those of Python's `apply_chat_template`.
 *
 * @module
 */
import { Environment, Interpreter, Template } from "@huggingface/jinja";
import { timeBoxed } from "../../base/time_box.ts";

/** The largest template, in UTF-16 units. [ours] */
const MAX_SOURCE = 2 ** 20;

/** The most evaluated expressions of one rendering. [ours] */
const MAX_STEPS = 5e5;

/** The longest text, in UTF-16 units, and the longest list. [ours] */
const MAX_TEXT = 2 ** 26;
const MAX_LIST = 1e6;

/** The most entries of all lists that a rendering makes. [ours] */
const MAX_ENTRIES = 1e7;

/** The longest range, as in Jinja's sandbox. */
const MAX_RANGE = 100_000;

/** The longest time of one rendering, in milliseconds. [ours] */
const LIMIT_MS = 20_000;

/** A parsed template. */
export type Program = Template["parsed"];

/** Returns true for Python's white space, which U+FEFF is no part of. */
function isSpace(char: string): boolean {
  return /\p{White_Space}/u.test(char) || (char >= "\u001c" && char <= "\u001f");
}

/** Removes white space, or the characters of `chars`, at the start, as Python's `lstrip`. */
export function stripStart(text: string, chars?: string): string {
  const all = [...text];
  const at = all.findIndex((char) => !(chars?.includes(char) ?? isSpace(char)));
  return at < 0 ? "" : all.slice(at).join("");
}

/** Removes white space, or the characters of `chars`, at the end, as Python's `rstrip`. */
export function stripEnd(text: string, chars?: string): string {
  const all = [...text];
  const at = all.findLastIndex((char) => !(chars?.includes(char) ?? isSpace(char)));
  return all.slice(0, at + 1).join("");
}

function stripBoth(text: string, chars?: string): string {
  return stripStart(stripEnd(text, chars), chars);
}

const STRIPS = new Map([["strip", stripBoth], ["lstrip", stripStart], ["rstrip", stripEnd]]);

type Node = Parameters<Interpreter["evaluate"]>[0];
type Value = ReturnType<Interpreter["evaluate"]>;

/** An interpreter that counts its steps and the sizes of its values. */
class LimitedInterpreter extends Interpreter {
  #steps = 0;
  #entries = 0;

  override evaluate(node: Node, environment: Environment): Value {
    if (++this.#steps > MAX_STEPS) throw new Error(`it needs more than ${MAX_STEPS} steps`);
    const works = node?.type === "FilterExpression" || node?.type === "CallExpression";
    const own = works ? this.#asPython(node as TextNode, environment) : undefined;
    const result = own ?? super.evaluate(node, environment);
    const value: unknown = result.value;
    if (typeof value === "string" && value.length > MAX_TEXT) {
      throw new Error(`it makes a text of more than ${MAX_TEXT} characters`);
    }
    if (!Array.isArray(value) || node?.type === "Identifier" || node?.type === "MemberExpression") {
      return result;
    }
    this.#entries += value.length;
    if (value.length > MAX_LIST || this.#entries > MAX_ENTRIES) {
      throw new Error(`it makes lists of more than ${MAX_LIST} entries`);
    }
    return result;
  }

  /** Evaluates what the library does otherwise than Python: stripping, and the length of a text in characters. */
  #asPython(
    { type, filter, operand, callee, args = [] }: TextNode,
    environment: Environment,
  ): Value | undefined {
    const method = type === "CallExpression" ? callee?.property?.value ?? "" : "";
    const name = type === "FilterExpression" ? String(filter?.value) : "";
    const isLength = name === "length" || name === "count";
    const strip = name === "trim" ? stripBoth : args.length < 2 ? STRIPS.get(method) : undefined;
    if (!isLength && !strip) return undefined;
    const text = this.evaluate(name === "" ? callee?.object : operand, environment).value;
    const chars = name === "" && args.length === 1 ? this.evaluate(args[0], environment).value : undefined;
    if (typeof text !== "string" || !(chars === undefined || typeof chars === "string")) return undefined;
    const node = strip
      ? { type: "StringLiteral", value: strip(text, chars) }
      : { type: "IntegerLiteral", value: [...text].length };
    return super.evaluate(node as Node, environment);
  }
}

/** The fields of the nodes that work on a text. */
interface TextNode {
  type: string;
  operand?: Node;
  filter?: { value?: unknown };
  args?: Node[];
  callee?: { object?: Node; property?: { value?: string } };
}

/**
 * Parses a template.
 *
 * @throws {Error} saying what is wrong in it
 */
export function parseJinja(source: string): Program {
  if (source.length > MAX_SOURCE) throw new Error(`it has more than ${MAX_SOURCE} characters`);
  return timeBoxed(LIMIT_MS, () => new Template(source).parsed);
}

/**
 * Renders a template with `variables`.
 *
 * @param trusted true for a template of ours, which needs no limit of time
 * @throws {Error} when the template raises one, or passes a limit
 */
export function renderJinja(program: Program, variables: Record<string, unknown>, trusted = false): string {
  const environment = new Environment();
  const globals = {
    false: false,
    true: true,
    none: null,
    False: false,
    True: true,
    None: null,
    raise_exception: (message: unknown) => {
      throw new Error(String(message));
    },
    range,
    strftime_now: (format: unknown) => strftime(new Date(), String(format)),
  };
  for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
  const render = () => String(new LimitedInterpreter(environment).run(program).value);
  return trusted ? render() : timeBoxed(LIMIT_MS, render);
}

/** Returns the numbers from `start` up to `stop`, as Python's `range`. */
function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = typeof second === "number" ? [first, second] : [0, first];
  if (step === 0) throw new Error("range() needs a step other than 0");
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > MAX_RANGE) throw new Error(`range() of more than ${MAX_RANGE} numbers`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}

/** Formats a date by Python's directives, in English. */
export function strftime(date: Date, format: string): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-US", options).format(date);
  const two = (n: number) => String(n).padStart(2, "0");
  const parts: Record<string, () => string> = {
    "%Y": () => String(date.getFullYear()),
    "%y": () => two(date.getFullYear() % 100),
    "%m": () => two(date.getMonth() + 1),
    "%d": () => two(date.getDate()),
    "%b": () => part({ month: "short" }),
    "%B": () => part({ month: "long" }),
    "%a": () => part({ weekday: "short" }),
    "%A": () => part({ weekday: "long" }),
    "%H": () => two(date.getHours()),
    "%I": () => two(date.getHours() % 12 || 12),
    "%p": () => date.getHours() < 12 ? "AM" : "PM",
    "%M": () => two(date.getMinutes()),
    "%S": () => two(date.getSeconds()),
    "%%": () => "%",
  };
  return format.replace(/%./g, (directive) => {
    if (parts[directive]) return parts[directive]();
    throw new Error(`strftime_now() does not know ${directive}`);
  });
}
