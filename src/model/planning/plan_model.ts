/**
 * Plans of training runs, for a preset or a shape without a GPU and for a model on its device.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { gatherValues } from "../../base/exchange.ts";
import { lazily } from "../../base/lazy_import.ts";
import { type ModelShape, presets, resolveConfig } from "../architecture/config.ts";
import type { ModelState } from "../model_state.ts";
import { makePlan } from "./make_plan.ts";
import type { PlanOptions } from "./plan_options.ts";
import type { Plan } from "./training_plan.ts";

/**
 * Plans a training run of a preset or a shape, without a GPU.
 *
 * @throws {ConfigError} for an unknown preset or option
 */
export function planShape(source: string | ModelShape, options: PlanOptions): Plan {
  const preset = typeof source === "string" ? source : undefined;
  const config = resolveConfig(source, { parts: options?.parts });
  return makePlan({ name: preset ?? "model", config, presetBatch: presetBatchOf(preset) }, options);
}

/**
 * Plans a training run of a model on its device, and under a launcher on those of all ranks; `measure()` of the plan runs
 * three steps of a copy.
 *
 * @throws {ConfigError} for an unknown option
 */
export function planModel(model: ModelState, options: PlanOptions): Plan {
  if (options?.dtype === undefined) model.checkTrainable();
  if (options?.parts !== undefined) throw needlessParts(model.name);
  const { name, config, device, preset, ranks } = model;
  const settings: PlanOptions = {
    dtype: model.dtype === "f16" ? "f16" : "f32",
    ...(ranks.world.size > 1 && options?.devices === undefined && {
      parallel: { processes: ranks.world.size, model: ranks.model.size },
    }),
    ...options,
  };
  const subject = { name, config, device, presetBatch: presetBatchOf(preset) };
  const measure = async () => {
    checkMeasurable(model, settings);
    const { cloneModel } = await lazily(() => import("../lifecycle/create_model.ts"));
    const { measureNetwork } = await lazily(() => import("./measure_network.ts"));
    const { measureSpeed } = await lazily(() => import("./measure_speed.ts"));
    const network = ranks.world.size > 1 ? await measureNetwork(ranks, device) : settings.network;
    using copy = await cloneModel(model);
    const own = await measureSpeed(copy, settings, subject.presetBatch);
    const flops = Math.min(...await gatherValues(ranks.world, own, "measure speed"));
    return makePlan(subject, { ...settings, network, device: { flops, watts: settings.device?.watts } });
  };
  return makePlan({ ...subject, measure }, settings);
}

/** Refuses to measure other processes than those that run, and a network where there is none. */
function checkMeasurable({ ranks }: ModelState, { parallel, devices, network }: PlanOptions): void {
  const { world, model } = ranks;
  const planned = parallel ?? { processes: devices ?? 1 };
  if (world.size === 1) {
    if (network !== "measured") return;
    throw new ConfigError(
      `Cannot measure plan.network: this process is alone. Start it with mpirun -n ${planned.processes} deno run -A, or ` +
        "give figures: network: { latency, bandwidth, staging }",
      { path: "plan.network", value: network },
    );
  }
  if (planned.processes === world.size && (planned.model ?? 1) === model.size) return;
  throw new ConfigError(
    `Cannot measure a plan of parallel: { processes: ${planned.processes}, model: ${
      planned.model ?? 1
    } }: those that run ` +
      `are { processes: ${world.size}, model: ${model.size} }`,
    { path: "plan.parallel", value: parallel ?? devices },
  );
}

function presetBatchOf(preset: string | undefined): number | undefined {
  return preset === undefined ? undefined : presets[preset].batchTokens;
}

/** Returns the error for parts of a model that has its own. */
function needlessParts(name: string): ConfigError {
  return new ConfigError(
    `Cannot use plan.parts: the model "${name}" has parts already. Plan others with Model.plan(shape, { parts })`,
    { path: "plan.parts" },
  );
}
