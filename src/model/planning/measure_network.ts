/**
 * The speed of the network between the ranks that run, and of the way between a device and its host.
 *
 * @module
 */
import { fromRank, gatherValues, type Group, type Ranks } from "../../base/exchange.ts";
import type { Device } from "../../gpu/mod.ts";
import { fitLink, type GroupName, type Link, type MeasuredNetwork, type TimedExchange } from "./network.ts";

/** Bytes that a rank sends in the exchanges that are timed. */
export const timedSizes: readonly number[] = [4 << 10, 64 << 10, 1 << 20, 16 << 20];

/** Label of the exchanges that are timed. */
const label = "measure network";

/** Measures the groups of the first rank and its device; every rank calls it at the same time, and all are told the same. */
export async function measureNetwork(ranks: Ranks, device: Device): Promise<MeasuredNetwork> {
  const links: Link[] = [];
  for (const name of ["world", "data", "model"] as const) {
    const earlier = links.filter(({ group }) => ranks[group] === ranks[name]);
    if (earlier.length) links.push(...earlier.map((link) => ({ ...link, group: name })));
    else if (ranks[name].size > 1) links.push(...await measureGroup(name, ranks[name]));
  }
  const staging = await measureStaging(device);
  return await fromRank(ranks.world, 0, label, () => ({ links, staging }));
}

async function measureGroup(group: GroupName, ranks: Group): Promise<Link[]> {
  const links: Link[] = [];
  for (const kind of ["allGather", "reduceScatter"] as const) {
    const times = await timeExchanges(ranks, kind, timedSizes);
    links.push({ group, kind, ...fitLink(times), times });
  }
  return links;
}

/**
 * Times exchanges of one kind in a group; every rank calls it at the same time.
 *
 * @param sizes bytes that a rank sends
 */
export async function timeExchanges(
  group: Group,
  kind: Link["kind"],
  sizes: readonly number[],
): Promise<TimedExchange[]> {
  const times: TimedExchange[] = [];
  for (const size of sizes) {
    // A rank sends each other one an equal part: its own bytes to all of them, or another part of its numbers to each.
    const part = Math.max(1, Math.round(size / 4 / (group.size - 1)));
    const values = new Float32Array(
      new SharedArrayBuffer(4 * part * (kind === "allGather" ? 1 : group.size)),
    );
    const exchange = async () => {
      await group.barrier(label);
      const start = performance.now();
      if (kind === "allGather") await group.allGather(new Uint8Array(values.buffer), label);
      else await group.reduceScatter(values, label);
      return (performance.now() - start) / 1000;
    };
    const first = Math.max(...await gatherValues(group, await exchange(), "measure repeats"));
    const repeats = Math.min(15, Math.max(3, Math.floor(1 / first))); // about a second, and as many on all ranks
    const seconds: number[] = [];
    for (let i = 0; i < repeats; i++) seconds.push(await exchange());
    times.push({ bytes: 4 * part * (group.size - 1), seconds: median(seconds) });
  }
  return times;
}

/** Returns the bytes per second between a device and its host: 16 MB to the device and back again, both ways alike. */
async function measureStaging(device: Device): Promise<number> {
  const bytes = Math.min(16 << 20, device.limits.maxBufferSize);
  const buffer = device.buffer("measure staging", bytes);
  try {
    const data = new Uint8Array(bytes);
    const seconds: number[] = [];
    for (let i = 0; i <= 5; i++) {
      const start = performance.now();
      device.write(buffer, data, 0);
      await device.read([{ buffer, offset: 0, bytes }]);
      seconds.push((performance.now() - start) / 1000);
    }
    return 2 * bytes / median(seconds.slice(1));
  } finally {
    device.free(buffer);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
