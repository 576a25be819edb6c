// The choice of the MPI library: made searches, and both kinds of launchers with the library of the other one.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import type { Launcher } from "../../../src/parallel/launcher.ts";
import { abiOf } from "../../../src/parallel/mpi/abi.ts";
import { findLibrary, libraryNames, type LibrarySearch } from "../../../src/parallel/mpi/library.ts";
import { mpich, openMpi, runRanks } from "../../support/mpi.ts";
import { needs } from "../../support/needs.ts";

const program = "tests/parallel/mpi/failing_program.ts";
const open: Launcher = { kind: "openmpi", rank: 1, size: 2, pmix: true };
const pmi: Launcher = { kind: "mpich", rank: 1, size: 2, pmix: false };
const slurm: Launcher = { kind: "slurm", rank: 1, size: 2, pmix: false };

/** Makes a search over files and the versions that they answer with; `standard` marks the standard interface. */
function search(files: Record<string, string>, variables: Record<string, string> = {}): LibrarySearch {
  return {
    os: "linux",
    read: (name) => variables[name],
    launcherFolder: () => "/opt/mpi/bin",
    ask: (path) => {
      const version = files[path];
      if (version === undefined) throw new Error(`${path}: cannot open shared object file`);
      return { version, abi: abiOf(version, path.includes("libmpi_abi") ? 1 : undefined) };
    },
  };
}

const openVersion = "Open MPI v4.1.4, package: Debian";
const mpichVersion = "MPICH Version:\t4.0.2";

Deno.test("the binary interface follows the version that the library answers with", () => {
  assert.equal(abiOf(openVersion, undefined), "openmpi");
  assert.equal(abiOf(mpichVersion, undefined), "mpich");
  assert.equal(abiOf("Intel(R) MPI Library 2021.11", undefined), "mpich");
  assert.equal(
    abiOf(mpichVersion, -1),
    "mpich",
    "a library with the functions of MPI 5 and its own interface",
  );
  assert.equal(abiOf(mpichVersion, 1), "standard");
  assert.equal(abiOf("Open MPI v6.0.0", 1), "standard");
});

Deno.test("a library beside the launcher goes before the system's", () => {
  const files = { "/opt/mpi/lib/libmpi.so.40": openVersion, "libmpi.so.40": openVersion };
  assert.equal(findLibrary(open, search(files)).path, "/opt/mpi/lib/libmpi.so.40");
  assert.equal(findLibrary(open, search({ "libmpi.so.40": openVersion })).path, "libmpi.so.40");
});

Deno.test("a library of another kind than the launcher's is passed over and named", () => {
  const files = { "/opt/mpi/lib/libmpi.so.12": openVersion, "libmpich.so.12": mpichVersion };
  assert.equal(findLibrary(pmi, search(files)).path, "libmpich.so.12");
  assert.throws(
    () => findLibrary(pmi, search({ "libmpi.so.12": openVersion })),
    /of another kind: libmpi\.so\.12 is Open MPI v4\.1\.4/,
  );
});

Deno.test("the standard interface goes first under PMI, and Slurm takes either kind", () => {
  const files = { "libmpi_abi.so.1": mpichVersion, "libmpich.so.12": mpichVersion };
  assert.deepEqual(findLibrary(pmi, search(files)), {
    path: "libmpi_abi.so.1",
    version: mpichVersion,
    abi: "standard",
  });
  assert.equal(findLibrary(slurm, search({ "libmpi.so.40": openVersion })).abi, "openmpi");
  assert.equal(libraryNames(slurm, "linux")[0], "libmpi_abi.so.1");
  assert.equal(libraryNames({ ...slurm, pmix: true }, "linux")[0], "libmpi.so.40");
  assert.deepEqual(libraryNames(pmi, "darwin"), ["libmpi_abi.1.dylib", "libmpi.12.dylib"]);
  assert.equal(libraryNames(open, "darwin")[0], "libmpi.40.dylib");
});

Deno.test("LLAMERO_MPI goes before all, and a file that does not open is named", () => {
  const both = search({ "/lib/my.so": mpichVersion, "libmpi.so.40": openVersion }, {
    LLAMERO_MPI: "/lib/my.so",
  });
  assert.equal(findLibrary(open, both).path, "/lib/my.so");
  const nowhere = search({ "libmpi.so.40": openVersion }, { LLAMERO_MPI: "/no/where.so" });
  assert.throws(
    () => findLibrary(open, nowhere),
    (error) => error instanceof ConfigError && /LLAMERO_MPI names \/no\/where\.so/.test(error.message),
  );
});

Deno.test("without a library the error says what was looked for and what to install", () => {
  assert.throws(
    () => findLibrary(open, search({})),
    /rank 1 of 2.*none of \/opt\/mpi\/lib\/libmpi\.so\.40,.* opens\. Install it \(apt-get install openmpi-bin\) or set LLAMERO_MPI/,
  );
  assert.throws(() => findLibrary(pmi, search({})), /pip install mpich/);
  assert.throws(() => findLibrary(open, { ...search({}), os: "windows" }), /MS-MPI is untested/);
});

const both = needs(!openMpi.ignore && !mpich.ignore, "needs Open MPI and MPICH");
const mixed = [
  { launcher: openMpi, file: "libmpich.so.12", version: "MPICH" },
  { launcher: mpich, file: "libmpi.so.40", version: "Open MPI" },
];
for (const { launcher, file, version } of mixed) {
  Deno.test(
    `${launcher.name}'s launcher refuses ${file} by name${both.reason}`,
    { ignore: both.ignore },
    async () => {
      const { code, stderr } = await runRanks(launcher, 2, program, ["clean"], {
        env: { LLAMERO_MPI: file },
      });
      assert.notEqual(code, 0);
      assert.match(stderr, new RegExp(`ConfigError: Cannot run as rank 0 of 2 under.*${launcher.name}`));
      assert.match(
        stderr,
        new RegExp(`${file} \\(${version}.*sees rank 0 of 1\\. They are of different kinds`),
      );
      assert.equal(stderr.match(/They are of different kinds/g)?.length, 1, stderr);
    },
  );
}

for (const launcher of [openMpi, mpich]) {
  const { ignore, name, reason } = launcher;
  Deno.test(`${name}: a library that is nowhere, and FFI that is not permitted, are named${reason}`, {
    ignore,
  }, async () => {
    const nowhere = { env: { LLAMERO_MPI: "/nowhere/libmpi.so", LD_LIBRARY_PATH: "" } };
    const { code, stderr } = await runRanks(launcher, 2, program, ["clean"], nowhere);
    assert.notEqual(code, 0);
    assert.match(stderr, /LLAMERO_MPI names \/nowhere\/libmpi\.so, which does not open/);
    assert.equal(stderr.match(/no MPI library was found/g)?.length, 1, stderr);
    const strict = { deno: ["--no-prompt", "--allow-env", "--allow-read", "--allow-sys"] };
    const refused = await runRanks(launcher, 2, program, ["clean"], strict);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /ConfigError: Cannot run as rank 0 of 2: the MPI library needs --allow-ffi/);
  });
}

Deno.test("without a launcher no library is opened: FFI may be denied", async () => {
  const path = new URL("failing_program.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--deny-ffi", path, "clean"],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(new TextDecoder().decode(stdout), "one line\n");
});
