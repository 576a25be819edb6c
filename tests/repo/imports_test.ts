import assert from "node:assert/strict";
import { importsOf } from "./imports.ts";

const short = (source: string): string[] => importsOf(source).map((i) => `${i.form} ${i.specifier}`);

Deno.test("all forms of import and re-export are seen", () => {
  const source = `
import "./a.ts";
import b, { type B, c as d } from "./b.ts";
import * as e from './e.ts';
import text from "./f.wgsl" with { type: "text" };
import type { G } from "./g.ts";
import type H from "./h.ts";
import type from "./i.ts";
export * from "./j.ts";
export * as k from "./k.ts";
export { l, type L } from "./l.ts";
export type { M } from "./m.ts";
const n = await import("./n.ts").catch(() => import("./o.ts"));
type P = import("./p.ts").P;
`;
  assert.deepEqual(short(source), [
    "static ./a.ts",
    "static ./b.ts",
    "static ./e.ts",
    "static ./f.wgsl",
    "type ./g.ts",
    "type ./h.ts",
    "static ./i.ts",
    "static ./j.ts",
    "static ./k.ts",
    "static ./l.ts",
    "type ./m.ts",
    "dynamic ./n.ts",
    "dynamic ./o.ts",
    "dynamic ./p.ts",
  ]);
});

Deno.test("what only looks like an import is not one", () => {
  const source = `
// import "./a.ts";
const b = 'import "./b.ts"', c = \`export * from "./c.ts"\`;
const d = import.meta.url, e = { import: "./e.ts" }, f = e.import;
export const g = "./g.ts";
export { b, c };
export default "./h.ts";
const i = { from: "./i.ts" };
export function j(): string { return "./j.ts"; }
`;
  assert.deepEqual(short(source), []);
});

Deno.test("a computed dynamic import has no specifier, a comment can import", () => {
  assert.deepEqual(short("await import(name); await import(`./${x}.ts`);"), [
    "dynamic undefined",
    "dynamic undefined",
  ]);
  assert.deepEqual(short(`/// <reference path="./a.d.ts" />\n// @ts-types="./b.d.ts"\n`), [
    "type ./a.d.ts",
    "type ./b.d.ts",
  ]);
});

Deno.test("the specifier's place allows it to be rewritten", () => {
  const source = `const x = 1;\nimport { z } from "zod";\n`;
  const [found] = importsOf(source);
  assert.equal(found.line, 2);
  assert.equal(
    source.slice(0, found.start) + "npm:zod" + source.slice(found.end),
    source.replace("zod", "npm:zod"),
  );
});
