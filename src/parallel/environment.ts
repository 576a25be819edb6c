/**
 * Variables of the environment and the name of the host, read only where that is permitted: a process that works alone
 * needs no permission for them.
 *
 * @module
 */
import { setting } from "../base/setting.ts";

/** Reads a variable of the environment; undefined where it is not set. */
export type Environment = (name: string) => string | undefined;

/** Returns true where this process may read the variables in which launchers tell each process its rank. */
export function seesLaunchers(): boolean {
  return typeof Deno === "undefined" ||
    ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"].every((variable) =>
      Deno.permissions.querySync({ name: "env", variable }).state === "granted"
    );
}

/** Returns the name of this host; `localhost` where it may not be asked for. */
export function hostName(): string {
  if (typeof Deno === "undefined") return "localhost";
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : setting("HOSTNAME") ?? "localhost";
}
