/**
 * The network of two ranks as it is planned and as it is, printed by the first rank as one line of JSON.
 *
 *     mpirun -n 2 deno run -A tests/full/plan_network_child.ts
 *
 * @module
 */
import type { CollectiveRecord } from "../../src/base/collective_log.ts";
import { gatherValues } from "../../src/base/exchange.ts";
import { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { timedSizes, timeExchanges } from "../../src/model/planning/measure_network.ts";
import {
  fitLink,
  type Link,
  type MeasuredNetwork,
  type TimedExchange,
  trafficSeconds,
} from "../../src/model/planning/network.ts";
import { ParallelStep } from "../../src/model/training/parallel/parallel_step.ts";
import { paperStep } from "../model/paper_step.ts";

/** The answer of the first rank. */
export interface NetworkAnswer {
  /** By kind of exchange: 16 MB as fitted to 4 kB to 1 MB, over what they took. */
  predicted: Record<Link["kind"], number>;
  /** Seconds of all exchanges of a step, as planned and as measured, medians. */
  planned: number;
  measured: number;
  /** Bytes of a rank's device during the steps, as planned and as allocated. */
  memory: { planned: number; held: number };
  links: readonly Link[];
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
const repeats = 3;
const shape = { dim: 256, layers: 4, heads: 4, hidden: 704, vocabSize: 4096, context: 32 };
using model = await Model.create(shape, { seed: 1 });
const { ranks } = stateOf(model);
const { world, data } = ranks;

/** Times exchanges several times over; returns the median of each size. */
async function medianTimes(kind: Link["kind"]): Promise<TimedExchange[]> {
  const all: TimedExchange[][] = [];
  for (let i = 0; i < repeats; i++) all.push(await timeExchanges(data, kind, timedSizes));
  return timedSizes.map((bytes, i) => ({ bytes, seconds: median(all.map((times) => times[i].seconds)) }));
}

const links: Link[] = [];
const predicted = { allGather: 0, reduceScatter: 0 };
for (const kind of ["allGather", "reduceScatter"] as const) {
  const times = await medianTimes(kind);
  const { latency, bandwidth } = fitLink(times.slice(0, -1));
  const { bytes, seconds } = times.at(-1)!;
  predicted[kind] = (latency + bytes / bandwidth) / seconds;
  for (const group of ["data", "world"] as const) links.push({ group, kind, ...fitLink(times), times });
}
const network: MeasuredNetwork = { links, staging: Infinity };

const batch = 4;
const plan = model.plan({ tokens: 1e6, batchTokens: batch * shape.context, microBatch: 2 });
const traffic = plan.facts.parallel!.traffic.filter(({ group }) => group === "data");
const planned = traffic.reduce((sum, one) => sum + trafficSeconds(one, network).network, 0);

const options = { ...paperStep, microBatch: 2, context: shape.context, save: "all" as const };
const step = await ParallelStep.create(model, options, { ranks, lanes: 2, overlap: false });
const ids = Uint32Array.from({ length: shape.context }, (_, i) => (i * 37) % shape.vocabSize);
const rows = Array.from({ length: batch / 2 }, () => ({ ids, targets: ids }));
const steps: number[] = [];
for (let n = 1; n <= 9; n++) {
  const seen: CollectiveRecord[] = [];
  const stop = data.log.watch((record) => seen.push({ ...record }));
  await step.run([rows], n, 1e-3, batch * shape.context);
  await step.read();
  stop();
  // An exchange begins when both ranks are there: the shorter of two times has no wait in it.
  const times = seen.toSorted((a, b) => a.index - b.index)
    .filter(({ label }) => label !== "clocks").map(({ begin, end }) => (end! - begin!) / 1000);
  const all = await gatherValues(world, times, "times");
  steps.push(times.reduce((sum, _, i) => sum + Math.min(...all.map((one) => one[i])), 0));
}
const memory = { planned: plan.facts.bytes.total, held: model.device.memory().bytes };
step.dispose();
const measured = median(steps.slice(2));
const answer: NetworkAnswer = { predicted, planned, measured, memory, links };
if (world.rank === 0) console.log(JSON.stringify(answer));
