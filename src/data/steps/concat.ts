/**
 * Concatenation: the records of several datasets, one dataset after another.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Entry } from "../document.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import { type DatasetPlan, describeStep, entriesOf } from "../plan/plan.ts";

/**
 * Returns the plan of the records of all `datasets`, in their order. It has a kind where all of them have the same one.
 *
 * @throws {ConfigError} when there is none, or one is not a dataset
 */
export function concatPlan<T>(datasets: readonly { readonly plan: DatasetPlan<T> }[]): DatasetPlan<T> {
  const wrong = datasets.findIndex((dataset) => typeof dataset?.plan?.open !== "function");
  if (datasets.length === 0 || wrong >= 0) {
    throw new ConfigError(
      "Cannot use Dataset.concat: it needs one dataset or more, such as Dataset.concat(a, b), current value is " +
        (wrong < 0 ? "none" : show(datasets[wrong])),
      { path: "Dataset.concat", value: datasets[wrong] },
    );
  }
  const inputs = datasets.map(({ plan }) => plan);
  const kinds = new Set(inputs.map(({ kind }) => kind));
  const plan: DatasetPlan<T> = {
    op: "concat",
    options: {},
    inputs,
    kind: kinds.size === 1 ? inputs[0].kind : undefined,
    reach: "record",
    open: (pass) => inOrder(inputs, pass, pass.countsOf(plan, describeStep(plan))),
  };
  return plan;
}

async function* inOrder<T>(
  inputs: readonly DatasetPlan<T>[],
  pass: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  for (const input of inputs) {
    for await (const entry of entriesOf(input, pass)) {
      counts.kept++;
      yield entry;
    }
  }
}
