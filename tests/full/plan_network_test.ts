// The network of two ranks under a launcher: what latency and bandwidth predict, beside what exchanges take. One measurement is
// off by more than half now and then; the medians of five are not, so that other work of the machine does not decide.
import assert from "node:assert/strict";
import { openMpi, runRanks } from "../support/mpi.ts";
import { median } from "../bench/statistics.ts";
import type { NetworkAnswer } from "./plan_network_child.ts";

const { ignore, reason } = openMpi;

Deno.test(
  `Open MPI: 4 kB to 1 MB predict 16 MB within 35 %, and a plan the exchanges of a step within 50 %, in the median${reason}`,
  { ignore },
  async () => {
    const answers: NetworkAnswer[] = [];
    for (let i = 0; i < 5; i++) {
      const { code, stdout, stderr } = await runRanks(
        openMpi,
        2,
        "tests/full/plan_network_child.ts",
        [],
        {},
        600,
      );
      assert.equal(code, 0, stderr);
      const answer: NetworkAnswer = JSON.parse(stdout);
      const { predicted, planned, measured, memory } = answer;
      console.log(JSON.stringify({ predicted, planned, measured }));
      assert.ok(Math.abs(memory.planned / memory.held - 1) < 0.05, JSON.stringify(memory));
      answers.push(answer);
    }
    for (const kind of ["allGather", "reduceScatter"] as const) {
      const ratio = median(answers.map(({ predicted }) => predicted[kind]));
      assert.ok(Math.abs(ratio - 1) < 0.35, `${kind}: ${ratio}`);
    }
    const ratio = median(answers.map(({ planned, measured }) => planned / measured));
    assert.ok(Math.abs(ratio - 1) < 0.5, `planned / measured: ${ratio}`);
  },
);
