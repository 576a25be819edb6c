/**
 * Tables 2 and 15 with this run's row: sizes and optimisation, energy and carbon [paper 2.2, 2.3, 6].
 *
 * @module
 */
import { count, duration, energy, fixed, mass, type Picture, table } from "@llamero/sdk/display";
import { countParameters, presets, resolveConfig } from "@llamero/sdk/model";
import { wattHours } from "@llamero/sdk/train";
import { rowNames } from "../run/benchmarks.ts";
import type { TrainingFacts } from "../run/learn.ts";
import type { StageRecord } from "../run/run_folder.ts";
import type { PaperSettings } from "../run/settings.ts";
import type { Section } from "./page.ts";
import { table15, trainedTokens } from "./published.ts";

/** Returns Table 2 with this run's row. */
export function modelTable(
  { shape, pretrain }: PaperSettings,
  { parameters, tokens }: TrainingFacts,
): Picture {
  const rows = Object.entries(trainedTokens).map(([name, trained]) => {
    const { dim, heads, layers, learningRate, batchTokens } = presets[name];
    const params = count(countParameters(resolveConfig(name)).total);
    return [`LLaMA ${name}`, params, dim, heads, layers, rate(learningRate), count(batchTokens), trained];
  });
  const own = [
    ...[rowNames(parameters).base, count(parameters), shape.dim, shape.heads, shape.layers],
    ...[rate(pretrain.learningRate), count(pretrain.batchTokens), count(tokens)],
  ];
  const right = (name: string) => ({ name, align: "right" as const });
  return table({
    columns: [
      { name: "model" },
      ...["params", "dimension", "n heads", "n layers", "learning rate", "batch size", "n tokens"].map(right),
    ],
    rows: [...rows, own],
  }, { title: "Table 2 of the paper: Model sizes, architectures, and optimization" });
}

/** Power that is assumed where none is known: of a laptop's processor at work, in watts. */
const ASSUMED_WATTS = 45;

/** The paper's assumptions: power usage effectiveness, and kg of CO2eq per kWh. */
const PUE = 1.1;
const GRID = 0.385;

/** Returns Table 15 with this run's row: pretraining and tuning together. */
export function carbonTable(
  { pretrain, tune, adapter }: { pretrain: TrainingFacts; tune: TrainingFacts; adapter: string },
): Picture {
  const seconds = pretrain.seconds + tune.seconds;
  const isKnown = pretrain.wattHours !== undefined && tune.wattHours !== undefined;
  const used = isKnown ? pretrain.wattHours! + tune.wattHours! : wattHours(seconds, ASSUMED_WATTS, PUE);
  const watts = used / PUE / (seconds / 3600);
  const rows = table15.map(({ model, hours, energy: megawattHours, carbon }) => [
    ...[model, "A100-80GB", "400 W", count(hours)],
    ...[energy(megawattHours * 1e6), mass(carbon * 1e6)],
  ]);
  const name = rowNames(pretrain.parameters).tuned;
  const own = [
    name,
    adapter,
    `${fixed(watts, 0)} W`,
    fixed(seconds / 3600, 3),
    energy(used),
    mass(used * GRID),
  ];
  const right = (name: string) => ({ name, align: "right" as const });
  return table({
    columns: [
      { name: "model" },
      { name: "device" },
      ...["power", "device-hours", "energy", "carbon emitted, CO2eq"].map(right),
    ],
    rows: [...rows, own],
  }, {
    title: "Table 15 of the paper: Carbon footprint of training in one data centre",
    note: `Power of this run: ${
      isKnown ? pretrain.power : `${ASSUMED_WATTS} W, assumed, since none is known; --watts N gives it`
    }. PUE ${PUE}, ${GRID} kg of CO2eq per kWh, as in the paper`,
  });
}

/** Returns the section that has everything that was measured with a clock. */
export function timesSection(
  facts: { pretrain: TrainingFacts; tune: TrainingFacts; adapter: string },
  records: readonly StageRecord[],
): Section {
  const rows = records.map(({ stage, seconds }) => ({ stage, time: duration(seconds) }));
  const flops = facts.pretrain.flop / facts.pretrain.seconds;
  return {
    id: "carbon",
    title: "6 Carbon, and everything else that a clock measured",
    blocks: [
      "Two runs of the same settings on the same device differ in this section only.",
      carbonTable(facts),
      table(rows, {
        title: "Time of each stage, in the session that ended it",
        note: `Pretraining ran at ${count(flops)} FLOP/s with its evaluations; its time counts all sessions`,
        align: { time: "right" },
      }),
    ],
  };
}

function rate(value: number): string {
  return value.toExponential(1);
}
