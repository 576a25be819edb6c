/**
 * Compares the plan in a checkpoint with the plan of the run that resumes, and names the first field that differs.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { differingStep } from "../../data/mod.ts";
import type { StageSettings } from "../stages/stage.ts";
import type { KernelTable, RunPlan } from "../monitoring/run_state.ts";

/** Settings that do not change the numbers, so that they may differ. */
const ignoredSettings: readonly (keyof StageSettings)[] = [
  "validationRequested",
  "maxSkipped",
  "validateEvery",
  "sampleEvery",
  "checkpointEvery",
];

/** Describes the first field in which two plans differ; undefined when they give the same run. */
export function differingField(then: RunPlan, now: RunPlan): string | undefined {
  return differingValue("seed", then.seed, now.seed) ?? differingEntry("model", then.model, now.model) ??
    differingValue("dtype", then.dtype, now.dtype) ??
    differingValue("parallel.lanes", then.lanes ?? 1, now.lanes ?? 1) ??
    differingValue("tokenizer", then.tokenizer, now.tokenizer) ?? differingStage(then, now);
}

function differingStage(then: RunPlan, now: RunPlan): string | undefined {
  for (let i = 0; i < Math.max(then.stages.length, now.stages.length); i++) {
    const a = then.stages[i];
    const b = now.stages[i];
    if (a === undefined) return `the stage ${b.settings.name} was added`;
    if (b === undefined) return `the stage ${a.settings.name} is gone`;
    const { name } = b.settings;
    const difference = differingEntry(name, comparable(a.settings), comparable(b.settings)) ??
      differingData(`${name}.data`, a.data, b.data) ??
      differingData(`${name}.validation`, a.validation ?? [], b.validation ?? []);
    if (difference) return difference;
  }
}

function comparable(settings: StageSettings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => !ignoredSettings.some((name) => name === key)),
  );
}

function differingEntry(path: string, then: object, now: object): string | undefined {
  const a = then as Record<string, unknown>;
  const b = now as Record<string, unknown>;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const difference = differingValue(`${path}.${key}`, a[key], b[key]);
    if (difference) return difference;
  }
}

function differingData(path: string, ...[then, now]: Parameters<typeof differingStep>): string | undefined {
  const difference = differingStep(then, now);
  return difference && `${path}: ${difference}`;
}

function differingValue(path: string, then: unknown, now: unknown): string | undefined {
  const a = JSON.stringify(then);
  const b = JSON.stringify(now);
  return a === b ? undefined : `${path} was ${show(then)}, now it is ${show(now)}`;
}

/** Returns the error of a checkpoint that belongs to another run. */
export function anotherRun(folder: string, difference: string): ConfigError {
  return new ConfigError(
    `Cannot resume from ${folder}: ${difference}. Use the plan of the checkpoint, or resume(dir, { force: true })`,
    { path: difference.split(" ")[0].replace(/:$/, ""), value: folder },
  );
}

/** Describes the first difference between two kernel tables, for which the last bits may differ; undefined for none. */
export function differingKernels(then: KernelTable, now: KernelTable): string | undefined {
  if ((then.revision ?? 1) !== now.revision) {
    return `its kernels were those of revision ${
      then.revision ?? 1
    }, now they are those of revision ${now.revision}`;
  }
  return differingEntry("kernels", then, now);
}
