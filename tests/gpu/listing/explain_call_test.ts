import assert from "node:assert/strict";
import { unpainted } from "../../../src/display/terminal.ts";
import { explain, Explanation, grid2d, kernel, Recorder } from "../../../src/gpu/mod.ts";
import { matmul } from "../../../src/ops/mod.ts";
import { device, recorded } from "./recorded.ts";

Deno.test("a call is explained by the comment of its kernel, its tensors, its parameters and its WGSL", () => {
  const [call] = recorded().calls;
  const explained = explain(call);
  assert.deepEqual(explained.formulas, ["y_i = g_i x_i r        r = 1 / sqrt(mean_i(x_i^2) + eps)"]);
  assert.match(explained.words, /^where x and y are \[R, D\].*One workgroup per row/);
  assert.equal(explained.wgsl, call.kernel!.code);
  const { text, html = "" } = explained.picture();
  for (const part of [text, html]) {
    assert.match(part, /mean_i\(x_i\^2\)/);
    assert.match(part, /One workgroup per row/);
    assert.match(part, /@compute @workgroup_size\(WG\)/);
    assert.match(part, /rows 4, cols 8, eps/);
  }
  assert.match(text, /^x +0\.x +\[4 32\] +f32 +read +\[R, D\]$/m);
  assert.match(text, /^y +0\.norm +\[4 32\] +f32 +written +\[R, D\]$/m);
  const lines = explained.picture().terminal!(unpainted, 60).split("\n");
  const before = lines.findIndex((line) => line.startsWith("WGSL"));
  assert.ok(lines.slice(0, before).every((line) => line.length <= 72), "formulas stay whole, words wrap");
});

Deno.test("with its place a call says where it stands and how long it took", () => {
  const [call] = recorded().calls;
  const text = new Explanation(call, { owner: "test", index: 3, pass: "backward", ms: 1.5 }).toString();
  assert.match(text, /^test: call 3, block 0, backward\n/);
  assert.match(text, /1\.500 ms/);
});

Deno.test("an unrolled kernel shows its template, and the whole text on demand", () => {
  const r = new Recorder({ ...device, family: "subgroup", subgroup: 8, subgroups: true });
  const [a, b, c] = ["a", "b", "c"].map((name) => r.tensor(name, [64, 64]));
  matmul(r, "nt", a, b, c);
  const explained = explain(r.calls[0]);
  assert.deepEqual(explained.formulas, ["C = A B^T"]);
  assert.match(explained.words, /subgroup of 8 lanes/, "the values of this kernel stand in the words");
  const lines = explained.wgsl.split("\n").length;
  const { text, html = "" } = explained.picture();
  assert.ok(text.split("\n").length < lines / 2, "the text shows the template");
  assert.match(text, /#for q, i/);
  assert.ok(html.includes("c0_7h"), "the HTML holds the unrolled text");
});

Deno.test("a kernel without a comment says how to write one; its text cannot inject HTML", () => {
  const source = `@group(0) @binding(0) var<storage, read_write> y: array<f32>; // <b>bold</b>
struct Params { size: u32 }
@group(0) @binding(1) var<uniform> p: Params;
@compute @workgroup_size(64)
fn main() { if (0u < p.size) { y[0] = 1.0; } }`;
  const r = new Recorder(device);
  r.call(kernel("<i>own</i>", source), { y: r.tensor("<u>y</u>", [4]) }, { size: 4 }, grid2d(1));
  const { text, html = "" } = explain(r.calls[0]).picture();
  assert.match(text, /opens with no comment.*indented by four spaces/);
  assert.doesNotMatch(html, /<(i|b|u)>/);
});

Deno.test("an exchange is explained without a kernel", () => {
  const r = new Recorder(device);
  r.exchange("gather", r.tensor("x", [2, 4]), 2);
  const explained = explain(r.calls[0]);
  assert.match(explained.formulas[0], /^y = the rows x of all processes/);
  assert.equal(explained.wgsl, "");
  assert.match(explained.toString(), /exchange +gather/);
});
