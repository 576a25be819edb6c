// The launcher as the environment tells it: made environments of Open MPI, MPICH, Intel MPI, Slurm and torchrun.
import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { findLauncher, type Launcher } from "../../src/parallel/launcher.ts";

const find = (variables: Record<string, string>) => findLauncher((name) => variables[name]);

const slurm = {
  SLURM_STEP_ID: "0",
  SLURM_PROCID: "5",
  SLURM_NTASKS: "11",
  SLURM_LOCALID: "1",
  SLURM_NODEID: "1",
  SLURM_TASKS_PER_NODE: "4(x2),3",
};

const cases: [string, Record<string, string>, Launcher | undefined][] = [
  ["no launcher", { HOME: "/root" }, undefined],
  [
    "Open MPI",
    {
      OMPI_COMM_WORLD_RANK: "3",
      OMPI_COMM_WORLD_SIZE: "8",
      OMPI_COMM_WORLD_LOCAL_RANK: "1",
      OMPI_COMM_WORLD_LOCAL_SIZE: "2",
      PMIX_RANK: "3",
    },
    { kind: "openmpi", rank: 3, size: 8, localRank: 1, localSize: 2, pmix: true },
  ],
  [
    "MPICH and Intel MPI",
    { PMI_RANK: "0", PMI_SIZE: "2", MPI_LOCALRANKID: "0", MPI_LOCALNRANKS: "2" },
    { kind: "mpich", rank: 0, size: 2, localRank: 0, localSize: 2, pmix: false },
  ],
  [
    "Open MPI's mpirun inside of a Slurm job",
    { ...slurm, OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2" },
    { kind: "openmpi", rank: 1, size: 2, localRank: undefined, localSize: undefined, pmix: false },
  ],
  ["a Slurm step", slurm, { kind: "slurm", rank: 5, size: 11, localRank: 1, localSize: 4, pmix: false }],
  [
    "a Slurm step of fewer tasks than its job",
    { ...slurm, SLURM_STEP_NUM_TASKS: "6", SLURM_STEP_TASKS_PER_NODE: "3(x2)", PMIX_RANK: "5" },
    { kind: "slurm", rank: 5, size: 6, localRank: 1, localSize: 3, pmix: true },
  ],
  [
    "a Slurm step with PMI",
    { ...slurm, PMI_RANK: "5", PMI_SIZE: "11" },
    { kind: "mpich", rank: 5, size: 11, localRank: 1, localSize: 4, pmix: false },
  ],
  ["a batch script of Slurm, which is no step", { ...slurm, SLURM_STEP_ID: "4294967291" }, undefined],
  ["a job of Slurm without a step", { SLURM_PROCID: "0", SLURM_NTASKS: "4", SLURM_LOCALID: "0" }, undefined],
  ["numbers that make no sense", { OMPI_COMM_WORLD_RANK: "4", OMPI_COMM_WORLD_SIZE: "4" }, undefined],
  ["a world of one as torchrun names it", { RANK: "0", WORLD_SIZE: "1" }, undefined],
];

for (const [name, variables, launcher] of cases) {
  Deno.test(`launcher: ${name}`, () => {
    assert.deepEqual(find(variables), launcher);
  });
}

Deno.test("torchrun names no transport and is refused with the line to type", () => {
  assert.throws(
    () => find({ RANK: "1", WORLD_SIZE: "4", LOCAL_RANK: "1", MASTER_ADDR: "127.0.0.1" }),
    (error) => error instanceof ConfigError && /torchrun.*mpirun -n 4 deno run -A/.test(error.message),
  );
});
