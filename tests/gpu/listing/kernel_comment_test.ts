import assert from "node:assert/strict";
import { kernel } from "../../../src/gpu/mod.ts";
import { commentOf } from "../../../src/gpu/listing/kernel_comment.ts";

const body = `@group(0) @binding(0) var<storage, read> x: array<f32>; // [R, C] the input
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
struct Params { size: u32 }
@group(0) @binding(2) var<uniform> p: Params;

// not part of the head
@compute @workgroup_size(64)
fn main() {}
`;

Deno.test("the head of a kernel's text is its formulas and its words, behind constants and shared lines", () => {
  const head = `//     y = x^2        dx = 2 x dy
//       with more
//
// where x and y are [R, C].
// One invocation per number.
`;
  const made = kernel("square", head + body, { WG: 64 }, "// shared lines\nalias Vec = f32;\n");
  const comment = commentOf(made);
  assert.deepEqual(comment.formulas, ["y = x^2        dx = 2 x dy", "with more"]);
  assert.equal(comment.words, "where x and y are [R, C]. One invocation per number.");
  assert.deepEqual(comment.bindings, { x: "[R, C] the input" });
  assert.equal(made.code.slice(made.start), head + body);
});

Deno.test("a text that opens without a comment has no explanation; one in a template literal may be indented", () => {
  assert.deepEqual(commentOf(kernel("bare", body)).formulas, []);
  assert.equal(commentOf(kernel("bare", body)).words, "");
  const indented = commentOf(kernel("indented", `\n  //     y = x\n  // as it is\n${body}`));
  assert.deepEqual([indented.formulas, indented.words], [["y = x"], "as it is"]);
});

Deno.test("the same text is the same kernel; another template or another name does not mix them up", () => {
  assert.equal(kernel("same", body), kernel("same", body));
  assert.notEqual(kernel("same", body), kernel("other", body));
  assert.notEqual(kernel("same", body), kernel("same", `// longer\n${body}`));
});

Deno.test("a kernel keeps the template of its text where that is much shorter", () => {
  const unrolled = `${body}${"// one of many lines\n".repeat(50)}`;
  assert.equal(kernel("unrolled", unrolled, {}, "", "#for i: one").template, "#for i: one");
  assert.equal(kernel("hardly unrolled", body, {}, "", body).template, undefined);
});
