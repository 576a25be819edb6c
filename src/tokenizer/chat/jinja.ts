/**
 * Rendering of Jinja templates from files, which are not trusted: with limits of steps, sizes and time.
 *
 * The variables and functions are those of Python's `apply_chat_template`.
 *
 * @module
 */
import { Environment, Interpreter, Template } from "@huggingface/jinja";
import { timeBoxed } from "../../base/time_box.ts";
import { capitalize, pythonText, title } from "./python_text.ts";

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

/** Methods of texts that the library does otherwise than Python. */
const METHODS = new Map<string, (text: string, chars?: string) => string>([
  ...[["strip", stripBoth], ["lstrip", stripStart], ["rstrip", stripEnd]] as const,
  ["capitalize", capitalize],
]);

/** Filters that the library applies otherwise than Python. */
const FILTERS = new Map<string, (text: string) => string>([["trim", stripBoth], ["title", title], [
  "capitalize",
  capitalize,
]]);

type Node = Parameters<Interpreter["evaluate"]>[0];
type Value = ReturnType<Interpreter["evaluate"]>;

/** An interpreter that counts its steps and the sizes of its values. */
class LimitedInterpreter extends Interpreter {
  #steps = 0;
  #entries = 0;
  #printed: ReadonlySet<unknown>;
  #loops: { isOver: boolean }[] = [];

  /** Makes an interpreter; `printed` holds the expressions whose value is written out. */
  constructor(environment: Environment, printed: ReadonlySet<unknown>) {
    super(environment);
    this.#printed = printed;
  }

  override evaluate(node: Node, environment: Environment): Value {
    if (++this.#steps > MAX_STEPS) throw new Error(`it needs more than ${MAX_STEPS} steps`);
    const works = node?.type === "FilterExpression" || node?.type === "CallExpression" || isJoin(node);
    const own = works ? this.#asPython(node as TextNode, environment) : undefined;
    const found = own ?? this.#block(node as BlockNode, environment) ?? super.evaluate(node, environment);
    const result = this.#printed.has(node) ? this.#asText(found, environment) : found;
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

  /** Returns a value as text, as Python writes it; texts and numbers stay. */
  #asText(value: Value, environment: Environment): Value {
    return WRITTEN_OTHERWISE.includes(value.type) ? this.#text(pythonText(value), environment) : value;
  }

  #text(value: string, environment: Environment): Value {
    return super.evaluate({ type: "StringLiteral", value } as unknown as Node, environment);
  }

  /**
   * Evaluates loops as Jinja does: what a round sets is gone in the next one, and what it wrote before a break stays.
   */
  #block(node: BlockNode | undefined, environment: Environment): Value | undefined {
    if (node?.type === "For") {
      this.#loops.push({ isOver: false });
      try {
        return super.evaluate(node as unknown as Node, environment);
      } finally {
        this.#loops.pop();
      }
    }
    if (node?.type !== ROUND) return undefined;
    const loop = this.#loops.at(-1)!;
    if (loop.isOver) return this.#text("", environment);
    const { text, end } = this.#statements(node.body ?? [], new Environment(environment));
    loop.isOver = end === "Break";
    return this.#text(text, environment);
  }

  /** Evaluates statements up to a break or continue. */
  #statements(nodes: readonly BlockNode[], environment: Environment): { text: string; end?: string } {
    let text = "";
    for (const node of nodes) {
      if (node.type === "Break" || node.type === "Continue") return { text, end: node.type };
      if (node.type === "If") {
        const holds = this.evaluate(node.test, environment).__bool__().value;
        const inner = this.#statements((holds ? node.body : node.alternate) ?? [], environment);
        text += inner.text;
        if (inner.end) return { text, end: inner.end };
      } else {
        const value = this.evaluate(node as unknown as Node, environment);
        if (value.type !== "NullValue" && value.type !== "UndefinedValue") text += value.toString();
      }
    }
    return { text };
  }

  /**
   * Evaluates what the library does otherwise than Python: joining values to a text, stripping, capitals, and the length
   * of a text in characters.
   */
  #asPython(
    { type, filter, operand, callee, args = [], left, right }: TextNode,
    environment: Environment,
  ): Value | undefined {
    if (type === "BinaryExpression" || filter?.value === "string") {
      const values = (type === "BinaryExpression" ? [left, right] : [operand]) as Node[];
      const value = values.map((node) => pythonText(this.evaluate(node, environment))).join("");
      return this.#text(value, environment);
    }
    const method = type === "CallExpression" ? callee?.property?.value ?? "" : "";
    const name = type === "FilterExpression" ? String(filter?.value) : "";
    const isLength = name === "length" || name === "count";
    const change = FILTERS.get(name) ?? (args.length < 2 ? METHODS.get(method) : undefined);
    if (!isLength && !change) return undefined;
    const text = this.evaluate(name === "" ? callee?.object : operand, environment).value;
    const chars = name === "" && args.length === 1 ? this.evaluate(args[0], environment).value : undefined;
    if (typeof text !== "string" || !(chars === undefined || typeof chars === "string")) return undefined;
    const node = change
      ? { type: "StringLiteral", value: change(text, chars) }
      : { type: "IntegerLiteral", value: [...text].length };
    return super.evaluate(node as Node, environment);
  }
}

/** Kinds of values that Python writes otherwise than JavaScript. */
const WRITTEN_OTHERWISE = ["BooleanValue", "NullValue", "ArrayValue", "TupleValue", "ObjectValue"];

/** Returns true for the operator that joins two values to a text. */
function isJoin(node: Node): boolean {
  return node?.type === "BinaryExpression" &&
    (node as unknown as { operator: { value: string } }).operator.value === "~";
}

/** Kind of the node that holds the body of a loop. */
const ROUND = "Round";

/** The fields of the nodes that hold statements. */
interface BlockNode {
  type: string;
  body?: BlockNode[];
  alternate?: BlockNode[];
  test?: Node;
}

/** Puts the body of each loop of a parsed template into a node of its own. */
function withRounds(program: Program): Program {
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    Object.values(node).forEach((value) => Array.isArray(value) ? value.forEach(visit) : visit(value));
    const loop = node as BlockNode;
    if (loop.type === "For") loop.body = [{ type: ROUND, body: loop.body }];
  };
  visit(program);
  return program;
}

/** Returns the nodes that stand in a block of a template, whose values are written out. */
function printedNodes(program: Program): ReadonlySet<unknown> {
  const printed = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [field, value] of Object.entries(node)) {
      if (Array.isArray(value)) value.forEach(visit);
      else visit(value);
      if (["body", "alternate", "defaultBlock"].includes(field) && Array.isArray(value)) {
        for (const part of value) if (!STATEMENTS.includes(part.type)) printed.add(part);
      }
    }
  };
  visit(program);
  return printed;
}

/** Kinds of nodes in a block that are no expressions. */
const STATEMENTS = [
  ...["If", "For", "Set", "Macro", "Break", "Continue", "Comment", "FilterStatement", "CallStatement"],
  ...["StringLiteral", ROUND],
];

/** The fields of the nodes that work on a text. */
interface TextNode {
  type: string;
  operand?: Node;
  filter?: { value?: unknown };
  args?: Node[];
  callee?: { object?: Node; property?: { value?: string } };
  left?: Node;
  right?: Node;
}

/**
 * Parses a template, in which every end of a line is a line feed as in Jinja.
 *
 * @throws {Error} saying what is wrong in it
 */
export function parseJinja(source: string): Program {
  if (source.length > MAX_SOURCE) throw new Error(`it has more than ${MAX_SOURCE} characters`);
  return timeBoxed(LIMIT_MS, () => withRounds(new Template(source.replace(/\r\n?/g, "\n")).parsed));
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
  const render = () => String(new LimitedInterpreter(environment, printedNodes(program)).run(program).value);
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
