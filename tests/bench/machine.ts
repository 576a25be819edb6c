/**
 * The machine of the measurements, as published figures name it.
 *
 * @module
 */
import type { Device } from "../../src/gpu/mod.ts";

/** The machine of a measurement. */
export interface Machine {
  /** The adapter's own description. */
  adapter: string;
  /** Kind of adapter: a software adapter, with Mesa's version where that is known, or a GPU. */
  kind: string;
  /** Optional features that the device was granted. */
  granted: string;
  /** Processor cores. */
  cores: number;
  /** Deno's version. */
  deno: string;
  /** Day, such as 2025-01-31. */
  date: string;
}

/** Describes this machine. */
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

/** Returns Mesa's version by the packages of Debian and Ubuntu, since WebGPU does not report it. */
export async function mesaVersion(): Promise<string | undefined> {
  try {
    const args = ["-W", "-f=${Version}", "mesa-vulkan-drivers"];
    const { stdout } = await new Deno.Command("dpkg-query", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).match(/^[\d.]+/)?.[0];
  } catch {
    return undefined;
  }
}

/** Returns the load averages of the last 1, 5 and 15 minutes. */
export function load(): string {
  return Deno.loadavg().map((x) => x.toFixed(1)).join(" ");
}
