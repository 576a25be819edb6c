/**
 * The origin of a rendered text: the template itself, or what people said.
 *
 * A second rendering has every visible character that the template writes moved to a private range of Unicode. Where
 * its characters, moved back, are those of the first rendering, it tells the two origins apart.
 *
 * @module
 */
import type { Program } from "./jinja.ts";

/** The private range: plane 15, one place for each UTF-16 unit. */
const PLANE = 0xf0000;
const MOVED = /[\u{F0000}-\u{FFFFF}]/gu;

/** A node of a parsed template. */
type Node = { type: string; [field: string]: unknown };

/** Returns true when `text` has characters of the private range, so that it cannot be told apart. */
export function usesPrivateRange(text: string): boolean {
  return text.search(MOVED) >= 0;
}

/** Moves the visible characters of `text` to the private range. */
export function moved(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    out += /\s/.test(text[i]) ? text[i] : String.fromCodePoint(PLANE + text.charCodeAt(i));
  }
  return out;
}

/** A text in parts: those of the template, and those of messages. */
export type OriginPart = { text: string; fromTemplate: boolean };

/** Splits a text with moved characters by origin; white space belongs to the part before it. */
export function byOrigin(text: string): OriginPart[] {
  const parts: OriginPart[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    const fromTemplate = code >= PLANE && code < PLANE + 0x10000;
    const shown = fromTemplate ? String.fromCharCode(code - PLANE) : char;
    const last = parts.at(-1);
    if (last && (last.fromTemplate === fromTemplate || /^\s$/.test(char))) last.text += shown;
    else parts.push({ text: shown, fromTemplate });
  }
  return parts;
}

/**
 * Returns a copy of a template in which the characters that it writes are moved to the private range, but for those of
 * variables that it compares with something.
 */
export function withMovedText(program: Program): Program {
  const compared = comparedNames(program as unknown as Node);
  const copy = (node: Node, fields: Record<string, unknown>) =>
    Object.assign(Object.create(Object.getPrototypeOf(node)), node, fields);
  const list = (nodes: unknown) => (nodes as Node[]).map(visit);
  const visit = (node: Node): Node => {
    switch (node?.type) {
      case "StringLiteral":
        return copy(node, { value: moved(String(node.value)) });
      case "Program":
      case "Macro":
      case "Round":
        return copy(node, { body: list(node.body) });
      case "For":
        return copy(node, { body: list(node.body), defaultBlock: list(node.defaultBlock) });
      case "If":
        return copy(node, { body: list(node.body), alternate: list(node.alternate) });
      case "Set":
        if (compared.has((node.assignee as { value?: unknown }).value)) return node;
        return copy(node, { value: node.value && visit(node.value as Node), body: list(node.body) });
      case "FilterStatement":
      case "CallStatement":
        return copy(node, { body: list(node.body) });
      case "Ternary":
        return copy(node, {
          trueExpr: visit(node.trueExpr as Node),
          falseExpr: visit(node.falseExpr as Node),
        });
      case "BinaryExpression":
        return ["+", "~"].includes(String((node.operator as { value?: string }).value))
          ? copy(node, { left: visit(node.left as Node), right: visit(node.right as Node) })
          : node;
      case "FilterExpression":
        return copy(node, { operand: visit(node.operand as Node) });
      case "SelectExpression":
        return copy(node, { lhs: visit(node.lhs as Node) });
      default:
        return node;
    }
  };
  return visit(program as unknown as Node) as unknown as Program;
}

/** Fields of nodes whose value decides something and is not written, by the type of the node. */
const DECIDING: Readonly<Record<string, readonly string[]>> = {
  If: ["test"],
  Ternary: ["condition"],
  SelectExpression: ["test"],
  TestExpression: ["operand"],
  CallExpression: ["args", "callee"],
  MemberExpression: ["object", "property"],
  FilterExpression: ["filter"],
};

/** Returns the names of the variables on whose value a template decides. */
function comparedNames(program: Node): ReadonlySet<unknown> {
  const names = new Set<unknown>();
  const visit = (value: unknown, decides: boolean): void => {
    if (Array.isArray(value)) return value.forEach((item) => visit(item, decides));
    if (typeof value !== "object" || value === null) return;
    const node = value as Node;
    if (node.type === "Identifier" && decides) names.add(node.value);
    const compares = node.type === "BinaryExpression" &&
      !["+", "~"].includes(String((node.operator as { value?: string }).value));
    for (const [field, part] of Object.entries(node)) {
      visit(part, decides || compares || (DECIDING[node.type]?.includes(field) ?? false));
    }
  };
  visit(program, false);
  return names;
}
