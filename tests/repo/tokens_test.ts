import assert from "node:assert/strict";
import { lineAt, tokens } from "./tokens.ts";

const kinds = (source: string): string[] => tokens(source).map((token) => `${token.kind} ${token.text}`);

Deno.test("comments, strings and words are told apart", () => {
  assert.deepEqual(kinds(`// import "a"\nx = 'import "b"'; /* any */`), [
    `comment // import "a"`,
    "word x",
    "punct =",
    `string 'import "b"'`,
    "punct ;",
    "comment /* any */",
  ]);
});

Deno.test("the code inside a template is code, its text is not", () => {
  assert.deepEqual(kinds("`any ${f({ a: `b ${c}` })} any`"), [
    "template `any ${",
    "word f",
    "punct (",
    "punct {",
    "word a",
    "punct :",
    "template `b ${",
    "word c",
    "template }`",
    "punct }",
    "punct )",
    "template } any`",
  ]);
});

Deno.test("a slash opens a regular expression only where a value may start", () => {
  assert.deepEqual(kinds("a / b / c"), ["word a", "punct /", "word b", "punct /", "word c"]);
  assert.deepEqual(kinds(`f(/["/]/g)`), ["word f", "punct (", `regex /["/]/g`, "punct )"]);
  assert.deepEqual(kinds("return /'/"), ["word return", "regex /'/"]);
});

Deno.test("lines are counted from 1", () => {
  assert.deepEqual([0, 2, 3].map((at) => lineAt("ab\nc\n", at)), [1, 1, 2]);
});
