/**
 * Whether a checkpoint belongs to the run that is to go on, and if not, in which field it differs.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { differingStep } from "../../data/mod.ts";
import type { StageSettings } from "../stages/stage.ts";
import type { KernelTable, RunPlan } from "../monitoring/run_state.ts";

/** Settings that change nothing about the numbers, so that they may differ. */
const free: readonly (keyof StageSettings)[] = [
  "validationRequested",
  "maxSkipped",
  "validateEvery",
  "sampleEvery",
  "checkpointEvery",
];

/** The first field in which two plans differ, in words; undefined when they give the same run. */
export function differingField(then: RunPlan, now: RunPlan): string | undefined {
  return differs("seed", then.seed, now.seed) ?? fields("model", then.model, now.model) ??
    differs("dtype", then.dtype, now.dtype) ?? differs("tokenizer", then.tokenizer, now.tokenizer) ??
    stages(then, now);
}

function stages(then: RunPlan, now: RunPlan): string | undefined {
  for (let i = 0; i < Math.max(then.stages.length, now.stages.length); i++) {
    const a = then.stages[i];
    const b = now.stages[i];
    if (a === undefined) return `the stage ${b.settings.name} was added`;
    if (b === undefined) return `the stage ${a.settings.name} is gone`;
    const { name } = b.settings;
    const found = fields(name, plain(a.settings), plain(b.settings)) ??
      data(`${name}.data`, a.data, b.data) ??
      data(`${name}.validation`, a.validation ?? [], b.validation ?? []);
    if (found) return found;
  }
}

function plain(settings: StageSettings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !free.some((name) => name === key)));
}

function fields(path: string, then: object, now: object): string | undefined {
  const a = then as Record<string, unknown>;
  const b = now as Record<string, unknown>;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = differs(`${path}.${key}`, a[key], b[key]);
    if (found) return found;
  }
}

function data(path: string, ...[then, now]: Parameters<typeof differingStep>): string | undefined {
  const found = differingStep(then, now);
  return found && `${path}: ${found}`;
}

function differs(path: string, then: unknown, now: unknown): string | undefined {
  const a = JSON.stringify(then);
  const b = JSON.stringify(now);
  return a === b ? undefined : `${path} was ${show(then)}, now it is ${show(now)}`;
}

/** The error of a checkpoint that belongs to another run. */
export function anotherRun(folder: string, difference: string): ConfigError {
  return new ConfigError(
    `Cannot resume from ${folder}: ${difference}. Give what it was, or resume(dir, { force: true })`,
    { path: difference.split(" ")[0].replace(/:$/, ""), value: folder },
  );
}

/** What about the kernels differs, so that the last bits may; undefined when nothing does. */
export function differingKernels(then: KernelTable, now: KernelTable): string | undefined {
  return fields("kernels", then, now);
}
