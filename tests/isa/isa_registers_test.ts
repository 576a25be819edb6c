// No kernel of GPUs spills registers or takes scratch memory, by Mesa's compiler for cards that are not there.
import assert from "node:assert/strict";
import type { KernelFamily } from "../../src/gpu/mod.ts";
import { needs } from "../support/needs.ts";
import { type Card, cards, compileFor, obstacle } from "./cards.ts";

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
