// Out of memory for real: the address space of a process is limited below what the steps need, the driver refuses a
// buffer, WebGPU's error scope tells, and the run goes on with half the micro-batch.
import assert from "node:assert/strict";
import { runDeno } from "../repo/tree.ts";

Deno.test({
  name: "the GPU's own error of missing memory, through an error scope, halves the micro-batch",
  ignore: Deno.build.os !== "linux", // prlimit
  async fn() {
    const { code, stdout, stderr } = await runDeno(["run", "-A", "tests/full/train_memory_child.ts"]);
    console.log(stdout.trim());
    if (/not tested/.test(stdout)) return;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /too small for 64 sequences at once, (32|16) are taken; the batch stays 64/);
    assert.match(stdout, /1 steps, loss 3\.9\d+, exact false/);
  },
});
