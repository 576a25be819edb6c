/**
 * What a run tells while it runs: plain objects, to whoever listens.
 *
 * @module
 */
import type { EnergyUse } from "./energy.ts";

/** What a run remembers of each step. */
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
  /** Positions trained on so far in the run. */
  tokens: number;
  /** Seconds of work so far in the run, pauses left out. */
  seconds: number;
  /** True when nothing was updated: loss or norm was not finite, or the loss a spike. */
  skipped?: true;
  /** Loss on the validation data, where it was measured after this step. */
  validationLoss?: number;
}

/** A stage as a result names it. */
export interface StageResult {
  /** Name of the stage. */
  name: string;
  /** Its updates. */
  steps: number;
  /** Updates done. */
  done: number;
}

/** Where an event belongs. */
export interface EventPlace {
  /** Steps of the run done so far. */
  step: number;
  /** Name of the stage. */
  stage: string;
}

/** A stage begins. */
export interface StageEvent extends EventPlace {
  /** Kind of event. */
  type: "stage";
  /** Which stage, counted from 0. */
  index: number;
  /** Updates of the stage. */
  steps: number;
  /** Updates of it that are done already, when a run is resumed. */
  done: number;
  /** Distinct windows of its data. */
  windows: number;
  /** Positions of a window. */
  context: number;
  /** Positions of a batch. */
  batchTokens: number;
  /** How the validation data was chosen. */
  validation: string;
}

/** A step is done. */
export interface StepEvent extends HistoryEntry {
  /** Kind of event. */
  type: "step";
}

/** The loss on the validation data was measured. */
export interface ValidationEvent extends EventPlace {
  /** Kind of event. */
  type: "validation";
  /** Nats per token. */
  loss: number;
  /** exp(loss). */
  perplexity: number;
  /** Bits per UTF-8 byte; undefined where the text is not known. */
  bitsPerByte?: number;
  /** Tokens predicted. */
  tokens: number;
}

/** An evaluation was run. */
export interface EvaluationEvent extends EventPlace {
  /** Kind of event. */
  type: "evaluation";
  /** What it gave. */
  result: unknown;
}

/** A text was written by the model, after BOS alone. */
export interface SampleEvent extends EventPlace {
  /** Kind of event. */
  type: "sample";
  /** The text. */
  text: string;
}

/** A checkpoint was written. */
export interface CheckpointEvent extends EventPlace {
  /** Kind of event. */
  type: "checkpoint";
  /** Its folder. */
  path: string;
}

/** Something that a person should know of. */
export interface WarningEvent extends EventPlace {
  /** Kind of event. */
  type: "warning";
  /** What it is. */
  message: string;
}

/** The run has ended: the last event. */
export interface DoneEvent extends EventPlace {
  /** Kind of event. */
  type: "done";
  /** How it ended. */
  status: "done" | "stopped" | "failed";
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Energy, unless it was switched off. */
  energy?: EnergyUse;
  /** Message of the error it failed with. */
  error?: string;
}

/** Everything a run tells. */
export type RunEvent =
  | StageEvent
  | StepEvent
  | ValidationEvent
  | EvaluationEvent
  | SampleEvent
  | CheckpointEvent
  | WarningEvent
  | DoneEvent;

/** The events of one or several kinds. */
export type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

/** One listener: what it has not taken yet, and what it waits for. */
interface Listener {
  types: ReadonlySet<string>;
  queue: RunEvent[];
  left: boolean;
  wake?: () => void;
}

/** Hands events to any number of listeners; each has a queue of its own and none can hold up another. */
export class Events {
  readonly #listeners = new Set<Listener>();
  #ended = false;

  /** Tells all listeners. */
  emit(event: RunEvent): void {
    for (const listener of this.#listeners) {
      if (listener.types.size && !listener.types.has(event.type)) continue;
      listener.queue.push(event);
      listener.wake?.();
    }
  }

  /** Lets every listener finish what is in its queue, and end. */
  end(): void {
    this.#ended = true;
    for (const listener of this.#listeners) listener.wake?.();
  }

  /** The events of `types` (default all) from the moment the loop over them begins; leaving the loop ends it. */
  of<Type extends RunEvent["type"]>(types: readonly Type[]): AsyncIterable<EventOf<Type>> {
    return { [Symbol.asyncIterator]: () => this.#listen(new Set(types)) as AsyncGenerator<EventOf<Type>> };
  }

  #listen(types: ReadonlySet<string>): AsyncGenerator<RunEvent> {
    const listener: Listener = { types, queue: [], left: false };
    this.#listeners.add(listener); // now, not at the first next(): nothing may be missed in between
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
