/**
 * Installs the MPI libraries that tests of several processes need: Open MPI, and MPICH as the second binary interface.
 *
 * Root on Debian and Ubuntu gets those that are missing; they lie beside each other. Everyone else is told the line to run.
 * Without them those tests are ignored, with the reason in their names, so that the exit code is always 0.
 *
 * @module
 */
import { install } from "./setup.ts";

/** The packages, by the launcher that each brings. */
const packages = { "mpirun.openmpi": "openmpi-bin", "mpirun.mpich": "mpich" };

/** Returns the packages whose launcher does not start. */
export async function missingPackages(): Promise<string[]> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(packages)) {
    if (!await starts(program)) missing.push(name);
  }
  return missing;
}

async function starts(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    })
      .output();
    return success;
  } catch {
    return false; // it is not installed
  }
}

async function main(): Promise<void> {
  let missing = await missingPackages();
  const line = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (missing.length > 0 && Deno.uid() === 0 && await starts("apt-get")) {
    await install(line);
    missing = await missingPackages();
  }
  const found = Object.values(packages).filter((name) => !missing.includes(name));
  console.log(`MPI: ${found.join(", ") || "none"}`);
  if (missing.length > 0) {
    console.error(`Tests of several processes with ${missing.join(" and ")} are ignored: ${line}`);
  }
}

if (import.meta.main) await main();
