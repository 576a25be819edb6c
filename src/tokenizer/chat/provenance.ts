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
 * Returns a copy of a template in which the characters that it writes are moved to the private range.
 *
 * @param variables true to move those of its variables too, which may be compared with what is said
 */
export function withMovedText(program: Program, variables: boolean): Program {
  const copy = (node: Node, fields: Record<string, unknown>) =>
    Object.assign(Object.create(Object.getPrototypeOf(node)), node, fields);
  const list = (nodes: unknown) => (nodes as Node[]).map(visit);
  const visit = (node: Node): Node => {
    switch (node?.type) {
      case "StringLiteral":
        return copy(node, { value: moved(String(node.value)) });
      case "Program":
      case "Macro":
        return copy(node, { body: list(node.body) });
      case "For":
        return copy(node, { body: list(node.body), defaultBlock: list(node.defaultBlock) });
      case "If":
        return copy(node, { body: list(node.body), alternate: list(node.alternate) });
      case "Set":
        if (!variables) return node;
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
