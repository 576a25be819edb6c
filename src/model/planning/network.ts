/**
 * The network between ranks as two numbers, latency and bandwidth, and the way through the host as a third.
 *
 *     seconds of an exchange = latency + sent / bandwidth + staged / staging
 *
 * where `sent` are the bytes that a rank sends to others. A device hands nothing to the network itself: `staged` are the bytes
 * that are copied from it to its host before, and from the host to it behind.
 *
 * @module
 */
import type { CollectiveKind } from "../../base/collective_log.ts";

/** The groups of a rank that exchange something in a step. */
export type GroupName = "world" | "data" | "model";

/** Speed of the network between ranks. */
export interface NetworkFigures {
  /** Seconds of an exchange that sends next to nothing. */
  latency: number;
  /** Bytes per second that a rank sends while it receives as many. */
  bandwidth: number;
  /** Bytes per second between a device and its host, one way at a time. */
  staging: number;
}

/** An exchange of some size and its time. */
export interface TimedExchange {
  /** Bytes that a rank sends. */
  bytes: number;
  /** Seconds, the median of several. */
  seconds: number;
}

/** Latency and bandwidth of one kind of exchange in one group. */
export interface Link {
  /** The group. */
  group: GroupName;
  /** The kind of exchange. A reduce-scatter adds the numbers of all ranks, and its bandwidth includes that. */
  kind: "allGather" | "reduceScatter";
  /** Seconds of an exchange that sends next to nothing. */
  latency: number;
  /** Bytes per second that a rank sends while it receives as many. */
  bandwidth: number;
  /** The times that they were fitted to. */
  times: readonly TimedExchange[];
}

/** A network that was measured. */
export interface MeasuredNetwork {
  /** The links, two for each group of several ranks. */
  links: readonly Link[];
  /** Bytes per second between this rank's device and its host, one way at a time. */
  staging: number;
}

/** Exchanges of one label in a step. */
export interface Traffic {
  /** The group whose ranks exchange. */
  group: GroupName;
  /** The purpose, which is the label of the exchanges in `Group.log`. */
  label: string;
  /** The kind of exchange. */
  kind: CollectiveKind;
  /** Number of exchanges. */
  count: number;
  /** Bytes that the rank sends in them. */
  bytes: number;
  /** Bytes that are copied between the device and its host for them, both ways together; 0 for small numbers. */
  staged: number;
}

/** Returns the seconds of exchanges, each by itself: those on the network and those through the host. */
export function trafficSeconds(
  { group, kind, count, bytes, staged }: Traffic,
  network: NetworkFigures | MeasuredNetwork,
): { network: number; staging: number } {
  const { latency, bandwidth } = "links" in network ? linkOf(network, group, kind) : network;
  return {
    network: count * latency + bytes / bandwidth,
    staging: staged / network.staging,
  };
}

/** Returns the link of an exchange; one that is no reduce-scatter takes as long as an all-gather. */
function linkOf({ links }: MeasuredNetwork, group: GroupName, kind: CollectiveKind): Omit<Link, "times"> {
  const own = links.filter((link) => link.group === group);
  const wanted = kind === "reduceScatter" ? "reduceScatter" : "allGather";
  return own.find((link) => link.kind === wanted) ?? { group, kind: wanted, latency: 0, bandwidth: Infinity };
}

/**
 * Fits latency and bandwidth to times by least squares of the relative errors, so that an exchange of 4 kB counts as much as
 * one of 16 MB. Neither becomes negative.
 *
 * @throws {RangeError} for fewer than two times
 */
export function fitLink(times: readonly TimedExchange[]): { latency: number; bandwidth: number } {
  if (times.length < 2) throw new RangeError(`Cannot fit a line to ${times.length} times: give two or more`);
  // Minimises the sum of (latency x + y / bandwidth - 1)^2 with x = 1 / seconds and y = bytes / seconds.
  let [xx, xy, yy, x1, y1] = [0, 0, 0, 0, 0];
  for (const { bytes, seconds } of times) {
    const x = 1 / seconds;
    const y = bytes / seconds;
    xx += x * x;
    xy += x * y;
    yy += y * y;
    x1 += x;
    y1 += y;
  }
  const determinant = xx * yy - xy * xy;
  const latency = (x1 * yy - y1 * xy) / determinant;
  const perByte = (y1 * xx - x1 * xy) / determinant;
  if (latency > 0 && perByte > 0) return { latency, bandwidth: 1 / perByte };
  return latency > 0 ? { latency: x1 / xx, bandwidth: Infinity } : { latency: 0, bandwidth: yy / y1 };
}
