// The part of a process, named or read from the environment of schedulers and launchers.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { partOf, type PartSelection } from "../../../src/data/parts/part_selection.ts";

const slurm = (id: number, count: number, min = 0, max = min + count - 1) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
  SLURM_ARRAY_TASK_MIN: `${min}`,
  SLURM_ARRAY_TASK_MAX: `${max}`,
});
const find = (variables: Record<string, string>, selection: PartSelection = {}) =>
  partOf(selection, (name) => variables[name]);

const cases: [string, Record<string, string>, PartSelection, number, number][] = [
  ["no scheduler", {}, {}, 0, 1],
  ["named", slurm(1, 9), { part: 3, of: 5 }, 3, 5],
  ["a Slurm array from 0", slurm(7, 100), {}, 7, 100],
  ["a Slurm array from 1", slurm(100, 100, 1), { part: "auto" }, 99, 100],
  ["a Slurm array in steps", slurm(6, 4, 2, 8), { of: 4 }, 2, 4],
  ["a Slurm array of one task", slurm(9, 1, 9), {}, 0, 1],
  ["a Kubernetes job", { JOB_COMPLETION_INDEX: "4" }, { of: 8 }, 4, 8],
  ["Open MPI", { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2" }, {}, 1, 2],
  ["MPICH", { PMI_RANK: "3", PMI_SIZE: "4" }, {}, 3, 4],
  ["srun", { SLURM_PROCID: "2", SLURM_NTASKS: "4", SLURM_STEP_ID: "0" }, {}, 2, 4],
  [
    "srun of two of four tasks",
    {
      SLURM_PROCID: "1",
      SLURM_NTASKS: "4",
      SLURM_STEP_NUM_TASKS: "2",
      SLURM_STEP_ID: "3",
    },
    {},
    1,
    2,
  ],
  ["a batch script of four tasks", { SLURM_PROCID: "0", SLURM_NTASKS: "4" }, {}, 0, 1],
  [
    "a batch step of four tasks",
    {
      SLURM_PROCID: "0",
      SLURM_NTASKS: "4",
      SLURM_STEP_ID: "4294967291",
    },
    {},
    0,
    1,
  ],
  ["two processes in each task", { ...slurm(2, 3), PMI_RANK: "1", PMI_SIZE: "2" }, {}, 5, 6],
];

for (const [name, variables, selection, part, of] of cases) {
  Deno.test(`part of ${name}`, () => assert.deepEqual(find(variables, selection), { part, of }));
}

Deno.test("numbers that name no part are refused with the remedy", () => {
  const wrong: [Record<string, string>, PartSelection, RegExp][] = [
    [{}, { part: 3 }, /needs the number of parts; name it with of/],
    [{}, { part: 5, of: 5 }, /part is 5 and of is 5; count the parts from 0/],
    [{}, { of: 5 }, /of is 5 and the environment has 1 tasks/],
    [slurm(3, 100), { of: 50 }, /of is 50 and the environment has 100 tasks/],
    [slurm(7, 3, 3, 12), {}, /have gaps .*without gaps.*\{ part: 3, of: 100 \}/],
    [{ JOB_COMPLETION_INDEX: "4" }, {}, /does not tell how many/],
    [{ JOB_COMPLETION_INDEX: "8" }, { of: 8 }, /JOB_COMPLETION_INDEX is 8 and of is 8/],
  ];
  for (const [variables, selection, message] of wrong) {
    assert.throws(
      () => find(variables, selection),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  }
});
