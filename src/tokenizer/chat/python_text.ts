/**
 * Texts as Python writes them, for templates that print a truth value, nothing, a list or a dictionary.
 *
 * @module
 */

/** A value of the interpreter: its kind, and what it holds. */
export interface TemplateValue {
  /** Kind, such as `BooleanValue`. */
  type: string;
  /** The value itself; of lists and dictionaries, values of the interpreter. */
  value: unknown;
  /** Returns the text that JavaScript would write. */
  toString(): string;
}

/** Returns `value` as Python's `str` writes it. */
export function pythonText(value: TemplateValue): string {
  return typeof value.value === "string" ? value.value : repr(value);
}

/** Returns `value` as Python's `repr` writes it. */
function repr(value: TemplateValue): string {
  const inner = value.value;
  switch (value.type) {
    case "BooleanValue":
      return inner ? "True" : "False";
    case "NullValue":
      return "None";
    case "UndefinedValue":
      return "";
    case "ArrayValue":
      return `[${(inner as TemplateValue[]).map(repr).join(", ")}]`;
    case "TupleValue": {
      const list = (inner as TemplateValue[]).map(repr);
      return `(${list.join(", ")}${list.length === 1 ? "," : ""})`;
    }
    case "ObjectValue": {
      const entries = [...inner as Map<string, TemplateValue>];
      return `{${entries.map(([key, value]) => `${quoted(key)}: ${repr(value)}`).join(", ")}}`;
    }
    default:
      return typeof inner === "string" ? quoted(inner) : value.toString();
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Returns a text as a literal of Python. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\p{C}\p{Z}\\'"]/gu, (char) => {
    if (char === " " || char === '"' || (char === "'" && quote === '"')) return char;
    if (char === "'") return "\\'";
    const hex = char.codePointAt(0)!.toString(16);
    if (ESCAPES[char]) return ESCAPES[char];
    return hex.length > 4
      ? `\\U${hex.padStart(8, "0")}`
      : hex.length > 2
      ? `\\u${hex.padStart(4, "0")}`
      : `\\x${hex.padStart(2, "0")}`;
  });
  return quote + escaped + quote;
}

/** Returns a text with a capital first letter and small others, as Python's `capitalize`. */
export function capitalize(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

/** Returns a text whose words are capitalised, as Jinja's filter `title`. */
export function title(text: string): string {
  return text.split(/([-\s({[<]+)/).map(capitalize).join("");
}
