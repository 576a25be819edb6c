// The memory plan against the process. On a software adapter buffers are host memory, so the buffers of a step show in the
// resident size.
import assert from "node:assert/strict";
import { runDeno } from "../repo/tree.ts";

interface Measured {
  grown: number;
  planned: number;
  activations: number;
}

async function measure(layers: number, context: number, save: string): Promise<Measured> {
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-A",
    "tests/full/activations_child.ts",
    `${layers}`,
    `${context}`,
    save,
  ]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

Deno.test("eight layers at T = 1,024: resident memory grows as planned, within 10 %, under every save policy", async () => {
  for (const save of ["all", "linear", "block"]) {
    const { grown, planned } = await measure(8, 1024, save);
    console.log(
      `save ${save}: each step grew the process by ${mb(grown)} MB, planned ${mb(planned)} MB (bound 10 %)`,
    );
    assert.ok(Math.abs(grown / planned - 1) <= 0.1, `${save}: ${grown} against ${planned}`);
  }
});

Deno.test("memory grows linearly in T: no T x T buffer", async () => {
  const perToken: number[] = [];
  for (const context of [256, 512, 1024, 2048]) {
    const { activations } = await measure(2, context, "all");
    perToken.push(activations / context);
    console.log(
      `T = ${context}: ${mb(activations)} MB of activations, ${
        (activations / context / 1000).toFixed(1)
      } kB per position`,
    );
  }
  assert.ok(Math.max(...perToken) / Math.min(...perToken) < 1.1, perToken.join(" "));
});
