/**
 * Every import of a TypeScript file: static, dynamic and of types, re-exports included.
 *
 * @module
 */
import { lineAt, type Token, tokens } from "./tokens.ts";

/** One import of a file. */
export interface Import {
  /** The imported name, as written; undefined where a dynamic import computes it. */
  specifier: string | undefined;
  /** `type`: gone after type checking. `dynamic`: `import(...)`. */
  form: "static" | "dynamic" | "type";
  /** Line of the specifier, counted from 1. */
  line: number;
  /** Offsets of the specifier between its quotes. */
  start: number;
  /** See `start`. */
  end: number;
}

/** Returns the imports of `source`, in order. */
export function importsOf(source: string): Import[] {
  const all = tokens(source);
  const code = all.filter((token) => token.kind !== "comment");
  const found = code.flatMap((token, i) => {
    if (token.kind !== "word" || /^\??\.$/.test(code[i - 1]?.text ?? "")) return [];
    const at = token.text === "import"
      ? imported(code, i)
      : token.text === "export"
      ? exported(code, i)
      : undefined;
    return at ? [made(source, at.token, at.form)] : [];
  });
  return [...found, ...referenced(source, all)];
}

interface Found {
  token: Token;
  form: Import["form"];
}

function imported(code: Token[], i: number): Found | undefined {
  const next = code[i + 1]?.text;
  if (next === "(") return { token: code[i + 2], form: "dynamic" };
  if (next === "." || next === ":") return undefined; // import.meta, a property named import
  const form = next === "type" && !/^(from|,)$/.test(code[i + 2]?.text ?? "") ? "type" : "static";
  for (let j = i + 1; j < code.length && code[j].text !== ";"; j++) {
    if (code[j].kind === "string") return { token: code[j], form };
  }
}

function exported(code: Token[], i: number): Found | undefined {
  const form = code[i + 1]?.text === "type" ? "type" : "static";
  let j = i + (form === "type" ? 2 : 1);
  if (code[j]?.text === "{") { while (j < code.length && code[j].text !== "}") j++; }
  else if (code[j]?.text !== "*") return undefined;
  else if (code[j + 1]?.text === "as") j += 2;
  if (code[j + 1]?.text === "from" && code[j + 2]?.kind === "string") return { token: code[j + 2], form };
}

/** Comments that import: `/// <reference path="..." />`, `// @deno-types="..."`. */
function referenced(source: string, all: Token[]): Import[] {
  return all.filter((token) => token.kind === "comment").flatMap((token) => {
    const hit = /^\/\/(?:\/\s*<reference\s+(?:path|types)=|\s*@(?:deno|ts)-types=)"([^"]+)"/.exec(token.text);
    if (!hit) return [];
    const at = token.at + hit[0].length - hit[1].length - 2;
    return [made(source, { kind: "string", text: `"${hit[1]}"`, at }, "type")];
  });
}

function made(source: string, token: Token, form: Import["form"]): Import {
  const literal = token.kind === "string";
  const start = token.at + 1;
  const end = token.at + token.text.length - 1;
  return {
    specifier: literal ? token.text.slice(1, -1) : undefined,
    form,
    line: lineAt(source, token.at),
    start,
    end,
  };
}
