/**
 * Names that a verb of the five classes takes, from the tables that the verb itself reads.
 *
 * @module
 */
import { benchmarks } from "../../src/eval/benchmarks/registry.ts";
import { allSuites } from "../../src/eval/benchmarks/suites.ts";
import type { HelpList } from "../../src/display/help.ts";
import { count } from "../../src/display/format.ts";
import { countParameters, presets, resolveConfig } from "../../src/model/architecture/config.ts";

function presetRows() {
  return Object.entries(presets).map(([preset, shape]) => {
    const config = resolveConfig(preset);
    const { blocks } = countParameters(config);
    return {
      preset,
      weights: count(blocks),
      dim: shape.dim,
      layers: shape.layers,
      heads: shape.heads,
      context: config.context,
      "learning rate": shape.learningRate.toExponential(),
      "batch tokens": shape.batchTokens,
      from: preset.endsWith("B") ? "paper" : "ours",
    };
  });
}

const presetList: HelpList = {
  title: "Presets; weights without embeddings; the paper: table 2",
  rows: presetRows(),
};

const benchmarkList: HelpList = {
  title: "Benchmarks",
  rows: benchmarks.map(({ name, kind, shots, variants = {} }) => ({
    name,
    "answers by": kind,
    shots,
    variants: Object.keys(variants).join(", "),
  })),
};

const suiteList: HelpList = {
  title: "Suites",
  rows: Object.entries(allSuites()).map(([name, entries]) => ({
    name,
    tasks: [...new Set(entries.map(({ task }) => task))].join(", "),
  })),
};

/** Lists by class and verb. */
export const verbLists: Readonly<Record<string, HelpList[]>> = {
  "Model.create": [presetList],
  "Model.plan": [presetList],
  "Evaluator.add": [benchmarkList],
  "Evaluator.suite": [suiteList],
};
