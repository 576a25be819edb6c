/**
 * The tables of a plan of several processes: what a rank holds, what it sends, and the remarks that belong to them.
 *
 * @module
 */
import { bytes as showBytes, duration, number, type Picture, table } from "../../display/mod.ts";
import { trafficSeconds } from "./network.ts";
import type { ParallelFacts, PlanFacts, StepSeconds } from "./plan_facts.ts";

/** FLOP/s in f32 without matrix units of an A100, and its peak with them. (NVIDIA A100 data sheet, 2020) */
const a100 = { plain: 19.5e12, peak: 312e12 };

/** Groups in the order of the table. */
const groups = ["model", "data", "world"] as const;

/** Returns the line about processes in the overview of a plan. */
export function parallelRows({ parallel }: PlanFacts): [string, string][] {
  if (!parallel) return [];
  const { processes, model, data, lanes, zero } = parallel;
  const copies = data === 1 ? "one copy of the model" : `${number(data)} copies of the model`;
  const cut = model === 1 ? "" : `, each cut into ${model} shards`;
  const moments = zero === 1 && data > 1 ? "; the copies divide the moments" : "";
  const parts = lanes === data ? "" : `; ${number(lanes)} lanes`;
  return [["processes", `${number(processes)}: ${copies}${cut}${parts}${moments}`]];
}

/** Returns the tables of what ranks hold, where that differs, and of what the first of them sends. */
export function parallelTables(parallel: ParallelFacts): Picture[] {
  const held = memoryRows(parallel);
  const memory = held.length > 1
    ? [table(held, { title: "Memory by rank", align: rightAligned(held[0], "ranks") })]
    : [];
  return [...memory, trafficTable(parallel)];
}

/** Returns a row for ranks whose bytes are shown alike. */
function memoryRows({ memory }: ParallelFacts): Record<string, string>[] {
  const rows: { first: number; last: number; shown: Record<string, string> }[] = [];
  for (const { first, last, bytes } of memory) {
    const shown = {
      weights: showBytes(bytes.weights),
      gradients: showBytes(bytes.gradients),
      moments: showBytes(bytes.moments),
      activations: showBytes(bytes.activations),
      memory: showBytes(bytes.total),
    };
    const before = rows.at(-1);
    if (before && JSON.stringify(before.shown) === JSON.stringify(shown)) before.last = last;
    else rows.push({ first, last, shown });
  }
  return rows.map(({ first, last, shown }) => ({
    ranks: first === last ? `${first}` : `${number(first)} to ${number(last)}`,
    ...shown,
  }));
}

/** Returns the table of exchanges: a row for each group and label. */
function trafficTable(parallel: ParallelFacts): Picture {
  const { traffic, network, exchanges, sent } = parallel;
  const ordered = traffic.toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
  const labels = Map.groupBy(ordered, ({ group, label }) => `${group} ${label}`);
  const rows = [...labels.values()].map((same) => {
    const seconds = network && same.map((one) => trafficSeconds(one, network));
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    const staging = sum((seconds ?? []).map(({ staging }) => staging));
    return {
      group: same[0].group,
      exchange: same[0].label,
      number: number(sum(same.map(({ count }) => count))),
      sent: showBytes(sum(same.map(({ bytes }) => bytes))),
      ...(seconds && {
        network: duration(sum(seconds.map(({ network }) => network))),
        host: staging ? duration(staging) : "",
      }),
    };
  });
  const total = { group: "all", exchange: "", number: number(exchanges), sent: showBytes(sent) };
  return table([...rows, total], {
    title: "Sent by a rank in a step",
    align: rightAligned(rows[0], "group", "exchange"),
    note: notes(parallel).join("\n"),
  });
}

function rightAligned(row: object, ...left: string[]): Record<string, "right"> {
  const names = Object.keys(row).filter((name) => !left.includes(name));
  return Object.fromEntries(names.map((name) => [name, "right"]));
}

/** Lists remarks, each a line: the memory of the host, the time of a step by its parts, and what it comes to. */
function notes({ step, network, model, memory }: ParallelFacts): string[] {
  const host = `Exchanges take up to ${showBytes(memory[0].host)} of the host's memory.`;
  if (!network) {
    return [
      host,
      "The time of exchanges is unknown: give network: { latency, bandwidth, staging }, or measure it under a launcher.",
    ];
  }
  if (!step) return [host];
  const lines = [
    host,
    `A step takes ${duration(step.total)}: ${duration(step.arithmetic)} of arithmetic and ${
      duration(step.total - step.arithmetic)
    } of exchanges and copies that do not lie under it (${duration(step.hidden)} do).`,
  ];
  const slow = slowGroup(step);
  if (slow) {
    lines.push(
      `The ${slow.group} group alone takes ${duration(slow.seconds)} a step, of which ${
        duration(slow.staging)
      } through the host: ${number(slow.seconds / step.arithmetic, 2)} times as long as the arithmetic.${
        slow.group === "model" && model > 2 ? " Fewer model ranks send less." : ""
      }`,
    );
  }
  return lines;
}

/** Returns the group whose exchanges take longer than the arithmetic; the slower one of two. */
function slowGroup(
  { arithmetic, network, staging }: StepSeconds,
): { group: string; seconds: number; staging: number } | undefined {
  const times = groups.map((group) => ({
    group,
    seconds: network[group] + staging[group],
    staging: staging[group],
  }));
  return times.filter(({ seconds }) => seconds > arithmetic).sort((a, b) => b.seconds - a.seconds)[0];
}

/** Returns the remark on a speed that f32 without matrix units does not give on the paper's GPU, as a row; else none. */
export function speedRemark({ flops = 0 }: PlanFacts): [string, string][] {
  if (flops <= a100.plain) return [];
  const most = `${a100.plain / 1e12} of its ${a100.peak / 1e12} TFLOP/s`;
  return [[
    "speed",
    `${
      number(flops / 1e12, 3)
    } TFLOP/s on each device is assumed; kernels here use no matrix units, and f32 without them ` +
    `gives ${most} on an A100 at most`,
  ]];
}
