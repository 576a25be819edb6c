/**
 * A second host on this machine: a network of its own behind a virtual cable, and a name of its own.
 *
 * @module
 */
import { join } from "node:path";
import { canRun } from "./needs.ts";

/** The addresses of this host and of the second one. */
const addresses = ["10.77.0.1", "10.77.0.2"] as const;

/** A second host. */
export interface SecondHost {
  /** Options by which Open MPI starts one rank on this host and one on the second, over the cable alone. */
  options: string[];
  /** Removes it. */
  [Symbol.asyncDispose](): Promise<void>;
}

async function ip(...args: string[]): Promise<boolean> {
  return await canRun("ip", ...args);
}

/** Makes a second host named `hostb`; undefined where this machine does not allow it. */
export async function secondHost(folder: string): Promise<SecondHost | undefined> {
  const id = Deno.pid % 100_000;
  const [space, own, other] = [`llamero${id}`, `lma${id}`, `lmb${id}`];
  const remove = async () => {
    await ip("link", "del", own);
    await ip("netns", "del", space);
  };
  const made = await canRun("unshare", "-u", "true") &&
    await ip("netns", "add", space) &&
    await ip("link", "add", own, "type", "veth", "peer", "name", other) &&
    await ip("link", "set", other, "netns", space) &&
    await ip("addr", "add", `${addresses[0]}/24`, "dev", own) &&
    await ip("link", "set", own, "up") &&
    await ip("-n", space, "addr", "add", `${addresses[1]}/24`, "dev", other) &&
    await ip("-n", space, "link", "set", other, "up") &&
    await ip("-n", space, "link", "set", "lo", "up");
  if (!made) {
    await remove();
    return undefined;
  }
  // Stands for ssh: the first argument is the host, the others are the command.
  const agent = join(folder, "agent.sh");
  const inside = `exec ip netns exec ${space} unshare -u bash -c 'hostname hostb; eval "$@"' x "$*"`;
  await Deno.writeTextFile(agent, `#!/bin/bash\nshift\n${inside}\n`, { mode: 0o755 });
  const network = `${addresses[0].replace(/\d+$/, "0")}/24`;
  const settings = {
    plm_rsh_agent: agent,
    btl: "tcp,self",
    btl_tcp_if_include: network,
    oob_tcp_if_include: network,
  };
  return {
    options: [
      ...Object.entries(settings).flatMap(([name, value]) => ["--mca", name, value]),
      "-H",
      `${Deno.hostname()}:1,${addresses[1]}:1`,
    ],
    [Symbol.asyncDispose]: remove,
  };
}
