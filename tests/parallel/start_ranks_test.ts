// Command lines by kind of launcher, and a stop that leaves time for a checkpoint.
import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { findStarter, rankCommand, starterKind, startRanks } from "../../src/parallel/start_ranks.ts";
import { mpich, openMpi } from "../support/mpi.ts";

Deno.test("the kind of a launcher is read from its own version", () => {
  assert.equal(starterKind("mpirun", "mpirun.openmpi (OpenRTE) 4.1.4\n"), "openmpi");
  assert.equal(starterKind("mpirun", "mpirun (Open MPI) 5.0.11\n"), "openmpi5");
  assert.equal(starterKind("mpiexec", "HYDRA build details:\n    Version: 4.0.2\n"), "mpich");
  assert.equal(starterKind("mpirun", "Intel(R) MPI Library for Linux* OS, Version 2021.11"), "intel");
  assert.equal(starterKind("srun", "slurm 23.11.4\n"), "slurm");
  assert.throws(() => starterKind("sudo", "Sudo version 1.9"), /none of Open MPI, MPICH/);
});

Deno.test("the command line has the flags that a launcher needs", () => {
  const job = { ranks: 4, script: "train.ts", args: ["--steps", "9"], env: { A: "1" } };
  const end = ["-n", "4", Deno.execPath(), "run", "-A", "train.ts", "--steps", "9"];
  const shared = ["--bind-to", "none", "-x", "A"];
  assert.deepEqual(rankCommand(job, "openmpi", true), [
    "mpirun",
    "--allow-run-as-root",
    "--oversubscribe",
    ...shared,
    ...end,
  ]);
  assert.deepEqual(rankCommand(job, "openmpi5", false), [
    "mpirun",
    "--map-by",
    ":OVERSUBSCRIBE",
    ...shared,
    ...end,
  ]);
  const hosts = { ...job, launcher: ["mpirun", "--hostfile", "hosts"], env: {} };
  assert.deepEqual(rankCommand(hosts, "openmpi", false), ["mpirun", "--hostfile", "hosts", ...end]);
  assert.deepEqual(rankCommand({ ...job, launcher: ["srun", "--mpi=pmi2"] }, "slurm", true), [
    "srun",
    "--mpi=pmi2",
    ...end,
  ]);
  assert.deepEqual(rankCommand({ ranks: 4, script: "train.ts", options: ["--allow-ffi"] }, "mpich", true), [
    "mpirun",
    "-n",
    "4",
    Deno.execPath(),
    "run",
    "--allow-ffi",
    "train.ts",
  ]);
});

Deno.test("a launcher that is not installed is named, with the line that installs one", async () => {
  await assert.rejects(
    findStarter(["no-such-mpirun"]),
    (error) =>
      error instanceof ConfigError && /no-such-mpirun is not installed.*openmpi-bin/.test(error.message),
  );
});

for (const { name, command, ignore, reason } of [openMpi, mpich]) {
  Deno.test(
    `${name}: a stop reaches the ranks, which end by themselves with 0${reason}`,
    { ignore },
    async () => {
      const script = new URL("mpi/failing_program.ts", import.meta.url).pathname;
      const options = ["-A", "--no-check"];
      const launcher = [command[0]];
      const { child, stop } = await startRanks({
        ranks: 2,
        launcher,
        script,
        args: ["signal"],
        options,
        stdout: "piped",
      });
      let text = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        if (text === "") stop();
        text += chunk;
      }
      const { code } = await child.status;
      assert.equal(code, 0);
      assert.equal(text.replace(/^\[mpiexec@.*\n/gm, ""), "ready\ncheckpoint\n"); // MPICH's own lines aside
    },
  );
}
