// Ranks of a host that run, from the environments of processes, and those that have ended.
import assert from "node:assert/strict";
import { endedRanks, runningRanks } from "../../../src/parallel/mpi/neighbours.ts";

const launcher = { kind: "mpich", rank: 0, size: 3, localRank: 0, localSize: 3, pmix: false } as const;

Deno.test("ranks are read from the environments of processes", () => {
  const processes = [
    "HOME=/root\0PMI_RANK=2\0PMI_SIZE=3\0",
    "",
    "PMI_RANK=0\0PMI_SIZE=3\0",
    "A_PMI_RANK=7\0",
  ];
  assert.deepEqual(runningRanks(launcher, processes), [0, 2]);
  const open = ["OMPI_COMM_WORLD_RANK=11\0", "X=1\0OMPI_COMM_WORLD_RANK=0\0"];
  assert.deepEqual(runningRanks({ kind: "openmpi", rank: 0 }, open), [0, 11]);
});

Deno.test("nothing is known where this rank is not among the processes, or its launcher sets no rank", () => {
  assert.equal(runningRanks(launcher, ["PMI_RANK=2\0"]), undefined);
  assert.equal(runningRanks({ kind: "slurm", rank: 0 }, ["SLURM_PROCID=0\0"]), undefined);
});

Deno.test("ranks that have ended are named, or counted where the job has several hosts", () => {
  assert.equal(endedRanks(launcher, [0, 2]), "rank 1");
  assert.equal(endedRanks(launcher, [0]), "ranks 1, 2");
  assert.equal(endedRanks(launcher, [0, 1, 2]), undefined);
  assert.equal(endedRanks(launcher, undefined), undefined);
  assert.equal(endedRanks({ ...launcher, size: 6 }, [0, 1]), "1 of the 3 ranks of this host");
});
