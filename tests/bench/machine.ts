/**
 * The machine that figures were taken on, in words that are good in public.
 *
 * @module
 */
import type { Device } from "../../src/gpu/mod.ts";

/** Where figures were taken. */
export interface Machine {
  /** The adapter's own description. */
  adapter: string;
  /** What stands behind it: a software adapter with Mesa's version where that is known, or a GPU. */
  kind: string;
  /** What the device was granted. */
  granted: string;
  /** Processor cores. */
  cores: number;
  /** Deno's version. */
  deno: string;
  /** Day, such as 2025-01-31. */
  date: string;
}

/** Looks around. */
export async function machine(device: Device): Promise<Machine> {
  const mesa = device.software ? await mesaVersion() : undefined;
  return {
    adapter: device.adapter,
    kind: device.software ? `software adapter${mesa ? `, Mesa ${mesa}` : ""}` : "GPU",
    granted: [
      device.subgroup ? `subgroups of ${device.subgroup}` : "no subgroups",
      device.int64 ? "64-bit loads" : "no 64-bit loads",
    ].join(", "),
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Mesa does not tell its version through WebGPU; the packages of Debian and Ubuntu do. */
async function mesaVersion(): Promise<string | undefined> {
  try {
    const args = ["-W", "-f=${Version}", "mesa-vulkan-drivers"];
    const { stdout } = await new Deno.Command("dpkg-query", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).match(/^[\d.]+/)?.[0];
  } catch {
    return undefined;
  }
}

/** Load averages of the last 1, 5 and 15 minutes. */
export function load(): string {
  return Deno.loadavg().map((x) => x.toFixed(1)).join(" ");
}
