// Real lack of memory: the address space of a process is smaller than the steps need, the driver refuses a buffer,
// WebGPU's error scope reports it, and the run goes on with half the micro-batch.
import assert from "node:assert/strict";
import { runDeno } from "../repo/tree.ts";
import { canRun, needs } from "../support/needs.ts";

const limited = needs(await canRun("prlimit", "--version"), "there is no prlimit");

Deno.test({
  name: `an out-of-memory error of the GPU in an error scope halves the micro-batch${limited.reason}`,
  ignore: limited.ignore,
  async fn() {
    const { code, stdout, stderr } = await runDeno(["run", "-A", "tests/full/train_memory_child.ts"]);
    console.log(stdout.trim());
    assert.equal(code, 0, stderr);
    assert.match(stdout, /too small for 64 sequences at once, (32|16) are taken; the batch stays 64/);
    assert.match(stdout, /1 steps, loss 3\.9\d+, exact false/);
  },
});
