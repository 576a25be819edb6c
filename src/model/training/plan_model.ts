/**
 * Plans of training runs, for a preset or a shape without a GPU and for a model on its device.
 *
 * @module
 */
import { type ModelShape, presets, resolveConfig } from "../architecture/config.ts";
import { cloneModel } from "../lifecycle/create_model.ts";
import type { ModelState } from "../model_state.ts";
import { measureSpeed } from "./measure_speed.ts";
import { makePlan, type Plan, type PlanOptions } from "./training_plan.ts";

/**
 * Plans a training run of a preset or a shape, without a GPU.
 *
 * @throws {ConfigError} for an unknown preset or option
 */
export function planShape(source: string | ModelShape, options: PlanOptions): Plan {
  const preset = typeof source === "string" ? source : undefined;
  const config = resolveConfig(source);
  return makePlan({ name: preset ?? "model", config, presetBatch: presetBatchOf(preset) }, options);
}

/**
 * Plans a training run of a model on its device; `measure()` of the plan runs three steps of a copy.
 *
 * @throws {ConfigError} for an unknown option
 */
export function planModel(model: ModelState, options: PlanOptions): Plan {
  if (options.dtype === undefined) model.checkTrainable();
  const { name, config, device, preset } = model;
  const settings = { dtype: model.dtype === "f16" ? "f16" as const : "f32" as const, ...options };
  const subject = { name, config, device, presetBatch: presetBatchOf(preset) };
  const measure = async () => {
    using copy = await cloneModel(model);
    const flops = await measureSpeed(copy, settings, subject.presetBatch);
    return makePlan(subject, { ...settings, device: { flops, watts: settings.device?.watts } });
  };
  return makePlan({ ...subject, measure }, settings);
}

function presetBatchOf(preset: string | undefined): number | undefined {
  return preset === undefined ? undefined : presets[preset].batchTokens;
}
