/**
 * The events of a run: plain objects for any number of listeners.
 *
 * @module
 */
import type { EnergyUse } from "./energy.ts";

/** The record of one step. */
export interface HistoryEntry {
  /** Step of the run, counted from 1 over all stages. */
  step: number;
  /** Name of the stage. */
  stage: string;
  /** Loss of the batch before the step's update, nats per supervised token. */
  loss: number;
  /** Norm of all gradients together, before clipping. */
  gradNorm: number;
  /** Learning rate of the update. */
  learningRate: number;
  /** Positions trained on in the run so far. */
  tokens: number;
  /** Seconds of work in the run so far, pauses left out. */
  seconds: number;
  /** True when nothing was updated: loss or norm was not finite, or the loss was a spike. */
  skipped?: true;
  /** Loss on the validation data, where it was measured after this step. */
  validationLoss?: number;
}

/** The progress of a stage. */
export interface StageResult {
  /** Name of the stage. */
  name: string;
  /** Updates of the stage. */
  steps: number;
  /** Updates done. */
  done: number;
}

/** The position of an event in its run. */
export interface EventPlace {
  /** Steps of the run done so far. */
  step: number;
  /** Name of the stage. */
  stage: string;
}

/** The event of a stage that begins. */
export interface StageEvent extends EventPlace {
  /** Kind of event. */
  type: "stage";
  /** Position of the stage among the run's stages, counted from 0. */
  index: number;
  /** Updates of the stage. */
  steps: number;
  /** Updates that are done already, in a run that is resumed. */
  done: number;
  /** Distinct windows of its data. */
  windows: number;
  /** Positions of a window. */
  context: number;
  /** Positions of a batch. */
  batchTokens: number;
  /** Source of the validation data, in words. */
  validation: string;
  /** Devices that train together; missing for one. */
  devices?: number;
  /** Parts of a batch whose gradients are added in order; missing for a single process. */
  lanes?: number;
}

/** The event of a step that is done. */
export interface StepEvent extends HistoryEntry {
  /** Kind of event. */
  type: "step";
}

/** The event of a measurement on the validation data. */
export interface ValidationEvent extends EventPlace {
  /** Kind of event. */
  type: "validation";
  /** Loss in nats per token. */
  loss: number;
  /** exp(loss). */
  perplexity: number;
  /** Bits per UTF-8 byte; undefined where the text is not known. */
  bitsPerByte?: number;
  /** Tokens predicted. */
  tokens: number;
}

/** The event of an evaluation that was run. */
export interface EvaluationEvent extends EventPlace {
  /** Kind of event. */
  type: "evaluation";
  /** Its result. */
  result: unknown;
}

/** The event of a sample: a text that the model wrote after BOS alone. */
export interface SampleEvent extends EventPlace {
  /** Kind of event. */
  type: "sample";
  /** The text. */
  text: string;
}

/** The event of a checkpoint that was written. */
export interface CheckpointEvent extends EventPlace {
  /** Kind of event. */
  type: "checkpoint";
  /** Its folder. */
  path: string;
}

/** The event of a warning: something that a person should know of. */
export interface WarningEvent extends EventPlace {
  /** Kind of event. */
  type: "warning";
  /** The warning in words. */
  message: string;
}

/** The event of the end, the last one. */
export interface DoneEvent extends EventPlace {
  /** Kind of event. */
  type: "done";
  /** Outcome of the run. */
  status: "done" | "stopped" | "failed";
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Largest number of bytes that the device held at once while the run had it. */
  peakMemory?: number;
  /** Energy, unless it was switched off. */
  energy?: EnergyUse;
  /** Message of the error it failed with. */
  error?: string;
}

/** Any event of a run. */
export type RunEvent =
  | StageEvent
  | StepEvent
  | ValidationEvent
  | EvaluationEvent
  | SampleEvent
  | CheckpointEvent
  | WarningEvent
  | DoneEvent;

/** The events of some kinds. */
export type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

/** One listener, with its kinds of events (none for all) and the events that it has not taken yet. */
interface Listener {
  types: ReadonlySet<string>;
  queue: RunEvent[];
  left: boolean;
  wake?: () => void;
}

/** The listeners of a run; each has its own queue, so none delays another. */
export class Events {
  readonly #listeners = new Set<Listener>();
  #ended = false;

  /** Sends an event to all listeners of its kind. */
  emit(event: RunEvent): void {
    for (const listener of this.#listeners) {
      if (listener.types.size && !listener.types.has(event.type)) continue;
      listener.queue.push(event);
      listener.wake?.();
    }
  }

  /** Ends every listener once its queue is empty. */
  end(): void {
    this.#ended = true;
    for (const listener of this.#listeners) listener.wake?.();
  }

  /** Returns the events of `types` (default all) from the moment a loop over them begins; leaving the loop ends it. */
  of<Type extends RunEvent["type"]>(types: readonly Type[]): AsyncIterable<EventOf<Type>> {
    return { [Symbol.asyncIterator]: () => this.#listen(new Set(types)) as AsyncGenerator<EventOf<Type>> };
  }

  #listen(types: ReadonlySet<string>): AsyncGenerator<RunEvent> {
    const listener: Listener = { types, queue: [], left: false };
    this.#listeners.add(listener); // now, not at the first next(), so that no event is missed in between
    const iterator = this.#read(listener);
    const end = iterator.return.bind(iterator);
    iterator.return = (value) => {
      listener.left = true;
      listener.wake?.();
      this.#listeners.delete(listener);
      return end(value);
    };
    return iterator;
  }

  async *#read(listener: Listener): AsyncGenerator<RunEvent> {
    while (!listener.left) {
      const event = listener.queue.shift();
      if (event) yield event;
      else if (this.#ended) break;
      else await new Promise<void>((wake) => listener.wake = wake);
    }
    this.#listeners.delete(listener);
  }
}
