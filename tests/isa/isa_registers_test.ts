// No kernel of GPUs spills registers or takes scratch memory, by Mesa's compiler for cards that are not there.
import assert from "node:assert/strict";
import { kernel, type KernelFamily } from "../../src/gpu/mod.ts";
import { needs } from "../support/needs.ts";
import { type Card, cards, compileFor, compileKernels, obstacle } from "./cards.ts";

const reason = await obstacle();
const onCards = needs(reason === undefined, reason ?? "");

/** Returns the kernels that live outside of registers, with the numbers of spilled registers and of bytes. */
async function outsideRegisters(card: Card, family: KernelFamily, least: number): Promise<string[]> {
  const kernels = await compileFor(card, family, { assembly: false });
  assert.ok(kernels.length >= least, `only ${kernels.length} kernels were seen`);
  return kernels.filter(({ stats }) => stats.spilled || stats.scratch)
    .map(({ name, stats }) => `${name}: ${stats.spilled} spilled, ${stats.scratch} bytes of scratch`);
}

for (const card of Object.keys(cards) as Card[]) {
  Deno.test(`no kernel of the family shared spills on ${cards[card]}${onCards.reason}`, onCards, async () => {
    assert.deepEqual(await outsideRegisters(card, "shared", 60), []);
  });

  // Plain attention keeps a whole row of a head in an array of the lane: it is the text to be read first.
  Deno.test(`no plain kernel but attention spills on ${cards[card]}${onCards.reason}`, onCards, async () => {
    const found = await outsideRegisters(card, "plain", 40);
    assert.deepEqual(found.filter((line) => !line.startsWith("attention")), []);
  });
}

Deno.test(`a kernel of one's own is compiled for a card${onCards.reason}`, onCards, async () => {
  const text = (body: string) => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Params { size: u32 }
@group(0) @binding(2) var<uniform> p: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) { if (g.x < p.size) { ${body} } }`;
  const short = kernel("short", text("y[g.x] = x[g.x];"));
  const long = kernel("long", text("y[g.x] = sin(x[g.x]) * exp(x[g.x]) + tanh(x[g.x]);"));
  const found = await compileKernels("navi21", [short, long]);
  assert.deepEqual(found.map(({ name }) => name), ["short", "long"]);
  assert.ok(found[1].stats.instructions > found[0].stats.instructions && found[0].stats.registers > 0);
  assert.ok(found[1].assembly.includes("v_exp_f32"));
  await assert.rejects(compileKernels("navi21", [kernel("broken", text("y[g.x] = z;"))]), /Kernel broken/);
});
