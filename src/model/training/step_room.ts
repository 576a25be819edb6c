/**
 * The room that a training step needs on a device with a memory limit, and what to do where it is missing.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { ModelState } from "../model_state.ts";
import { weightBytes } from "../weights/weights_room.ts";
import { loraSettings } from "./lora_options.ts";
import { type MemorySettings, stepMemory } from "./step_memory.ts";

/** The step that is wanted. */
interface WantedStep extends Omit<MemorySettings, "dtype" | "shard"> {
  /** A sentence for the error (default: names a change of these options that fits). */
  remedy?: string;
}

/** A change of a step's options that takes less memory, as a user writes it. */
interface Change extends Partial<MemorySettings> {
  /** The change in words, such as `save: "block"`. */
  words: string;
}

/**
 * Refuses a step that a memory limit has no room for, before anything is allocated.
 *
 * @throws {DeviceError} with the bytes that are wanted and left, naming a change that fits
 */
export function requireStepRoom(model: ModelState, options: WantedStep): void {
  const { device, layout, config, dtype, name } = model;
  const { bytes, limit } = device.memory();
  if (limit === Infinity || dtype === "q8") return;
  const { microBatch, context, save, lora, divided, remedy } = options;
  const step = { microBatch, context, save, lora, dtype, shard: layout.shard, divided };
  const own = 4 * (model.master?.size ?? 0);
  const room = limit - bytes + weightBytes(layout, { dtype, trained: model.trained !== undefined }) + own;
  const wanted = stepMemory(config, step, device).total;
  if (wanted <= room) return;
  const fits = (change: Change) => {
    const changed = { ...step, ...change };
    return stepMemory(config, changed, device).total + smallBuffers(config.layers, changed) <= room;
  };
  const fitting = remedy === undefined ? changes(step).find(fits) : undefined;
  throw new DeviceError(
    `Cannot hold a training step of "${name}": it takes ${wanted} bytes with its weights, and of the memoryLimit of ` +
      `${limit} bytes ${room} are left for both. ${remedy ?? adviceOf(fitting)}`,
    { limit: "memoryLimit", wanted: limit - room + wanted, have: limit },
  );
}

function adviceOf(change: Change | undefined): string {
  if (change) return `It fits with ${change.words}`;
  return "Choose a smaller model, or use an adapter or a memoryLimit that has room";
}

/** Returns an upper estimate of the bytes that a step takes besides: ids, and 256 bytes for the parameters of each call. */
function smallBuffers(layers: number, { microBatch, context }: MemorySettings): number {
  return 256 * (40 * layers + 100) + 32 * microBatch * context;
}

/** Lists changes of a step that take less memory, those that cost least first; a run lowers the micro-batch by itself. */
function changes({ microBatch, context, save, lora, dtype }: MemorySettings): Change[] {
  const saves = (["linear", "block"] as const).slice(save === "all" ? 0 : save === "linear" ? 1 : 2);
  const least = saves.length ? { save: "block" as const } : {};
  const andBlock = saves.length ? ' and save: "block"' : "";
  const list: Change[] = [];
  for (let size = microBatch; size > 1;) {
    size = Math.ceil(size / 2);
    list.push({ words: `microBatch: ${size}`, microBatch: size });
  }
  for (const each of saves) list.push({ words: `save: "${each}"`, microBatch: 1, save: each });
  if (dtype === "f16") {
    list.push({ words: 'dtype: "f32" of Model.load', microBatch: 1, dtype: "f32" });
  }
  if (!lora) {
    const adapters = loraSettings(true);
    list.push({ words: "lora: true, which trains adapters", microBatch: 1, lora: adapters });
    if (saves.length) list.push({ words: `lora: true${andBlock}`, microBatch: 1, lora: adapters, ...least });
  }
  for (let length = context / 2; length >= 8; length /= 2) {
    const shorter = Math.floor(length);
    list.push({ words: `context: ${shorter}${andBlock}`, microBatch: 1, context: shorter, ...least });
  }
  return list;
}
