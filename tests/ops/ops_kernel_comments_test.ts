// Every kernel of the package explains itself: formulas and words at the head of its WGSL, where `explain` reads them.
import assert from "node:assert/strict";
import { commentOf } from "../../src/gpu/listing/kernel_comment.ts";
import { readTree } from "../repo/tree.ts";

/** Texts that are inserted into others and are no kernels of their own. */
const parts = ["blocks_dots.wgsl", "blocks_sums.wgsl"];

const kernels = readTree("src", (path) => path.endsWith(".wgsl"))
  .filter(({ path }) => !parts.some((part) => path.endsWith(part)));

/** Reads the head of a WGSL file, of a template without its directives. */
const headOf = (text: string) =>
  commentOf({
    name: "",
    code: text.split("\n").filter((line) => !/^\s*#/.test(line)).join("\n"),
    bindings: [],
    params: [],
    start: 0,
  });

Deno.test("every WGSL file opens with a formula, shapes, and the work of an invocation or a workgroup", () => {
  assert.ok(kernels.length > 30, `${kernels.length} kernels`);
  const silent = kernels.filter(({ text }) => {
    const { formulas, words } = headOf(text);
    return formulas.length === 0 || !/\bwhere\b|\[\w/.test(words) || !/workgroup|invocation/i.test(words);
  });
  assert.deepEqual(silent.map(({ path }) => path), []);
});
