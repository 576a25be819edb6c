// Notebook 12 finds MPI or says how to install it, and its solutions are told from answers that are nearly right.
import assert from "node:assert/strict";
import { verdict } from "../../notebooks/fixtures/check.ts";
import {
  allReduceExercise,
  bytesExercise,
  findMpi,
  fitExercise,
  traceChart,
} from "../../notebooks/fixtures/12_many_machines.ts";
import { openMpi } from "../support/mpi.ts";

Deno.test("without a launcher the notebook says how to install MPI", async () => {
  const { installed, words } = await findMpi(["no-such-launcher"]);
  assert.equal(installed, false);
  assert.match(words, /inside its own process.*apt-get install openmpi-bin, or pip install mpich/s);
});

Deno.test(`with one it says which${openMpi.reason}`, { ignore: openMpi.ignore }, async () => {
  const { installed, words } = await findMpi(openMpi.command);
  assert.equal(installed, true);
  assert.match(words, /openmpi/);
});

Deno.test("answers that are nearly right get a hint of their own", async () => {
  const exact = (weights: number, ranks: number) => 8 * weights * (ranks - 1) / ranks;
  assert.match((await verdict(bytesExercise, exact)).text, /^Not yet: .*close, and not exact/);
  const half = (weights: number, ranks: number) => 4 * 4096 * Math.ceil(weights / 4096 / ranks) * (ranks - 1);
  assert.match((await verdict(bytesExercise, half)).text, /^Not yet: .*half of what is sent/);
  const rounded = (parts: readonly Float32Array[]) =>
    Float32Array.from(parts[0], (_, i) => parts.reduce((sum, part) => sum + part[i], 0));
  assert.match((await verdict(allReduceExercise, rounded)).text, /^Not yet: for 4 ranks/);
  assert.match((await verdict(fitExercise, 4)).text, /^Not yet: on 4 a GPU holds \d+ GB/);
  assert.match((await verdict(fitExercise, 16)).text, /^Not yet: on 16 it fits, and on fewer/);
});

Deno.test("the picture of a trace shows its last step", () => {
  const work = (pid: number, cat: string, name: string, ts: number, dur: number) => ({
    ph: "X",
    pid,
    cat,
    name,
    ts,
    dur,
  });
  const step = (at: number) =>
    [0, 1].flatMap((rank) => [
      work(rank, "compute", "segment 0", at, 100_000),
      work(rank, "exchange", "gradients", at + 90_000, 20_000),
      work(rank, "compute", "update", at + 120_000, 10_000),
      work(rank, "exchange", "weights", at + 131_000, 4000),
    ]);
  const { text, html } = traceChart(JSON.stringify({ traceEvents: [...step(0), ...step(200_000)] }));
  assert.match(text, /One step on 2 ranks\nrank 0: 110\.0 ms of computation\nrank 0: 28\.0 ms of exchanges/);
  assert.match(html!, /<img/);
});
