/**
 * The errors of the SDK: each message names what was expected, what was found and what to do.
 *
 * `LlameroError` > `ConfigError`, `DataError`, `FormatError`, `NumericsError`, `DeviceError`.
 * An error shows its message and the frames of the reader's own code; the environment variable `LLAMERO_TRACE=1` shows all frames.
 *
 * @module
 */
import { printable } from "./printable.ts";
import { recordStack } from "./user_frames.ts";

/** The base class of every error that this package throws on purpose. */
export class LlameroError extends Error {
  /** The class name, as logs show it. */
  override name: string = this.constructor.name;

  /** Makes the error; control characters in its message, which may quote a file, become pictures. */
  constructor(message?: string, options?: ErrorOptions) {
    const text = message === undefined ? undefined : printable(message);
    const stack = recordStack(new.target);
    super(text, options?.cause === undefined ? undefined : options);
    stack.showIn(this);
  }
}

/** An option, a plan or a combination of them that cannot work. */
export class ConfigError extends LlameroError {
  /** Path of the option, such as `Trainer.pretrain.learningRate`. */
  readonly path?: string;
  /** The value that was refused. */
  readonly value?: unknown;
  /** Makes the error for the option at `at.path` with the value `at.value`. */
  constructor(message: string, at: { path?: string; value?: unknown; cause?: unknown } = {}) {
    super(message, { cause: at.cause });
    this.path = at.path;
    this.value = at.value;
  }
}

/** A record, file or source of data that cannot be used. */
export class DataError extends LlameroError {
  /** The file that holds it. */
  readonly file?: string;
  /** Line number, counted from 1. */
  readonly line?: number;
  /** Name of the dataset or mixture source. */
  readonly source?: string;
  /** Makes the error; file and line stand in front of a message that does not name them. */
  constructor(message: string, at: { file?: string; line?: number; source?: string; cause?: unknown } = {}) {
    super(placed(message, at.file, at.line === undefined ? "" : `:${at.line}`), { cause: at.cause });
    this.file = at.file;
    this.line = at.line;
    this.source = at.source;
  }
}

/** A model, tokenizer or checkpoint file whose bytes do not follow its format. */
export class FormatError extends LlameroError {
  /** The file that was read. */
  readonly file?: string;
  /** Byte offset of the error. */
  readonly offset?: number;
  /** Content that the format requires there. */
  readonly expected?: string;
  /** Makes the error; file and byte offset stand in front of a message that does not name them. */
  constructor(
    message: string,
    at: { file?: string; offset?: number; expected?: string; cause?: unknown } = {},
  ) {
    super(placed(message, at.file, at.offset === undefined ? "" : ` (byte ${at.offset})`), {
      cause: at.cause,
    });
    this.file = at.file;
    this.offset = at.offset;
    this.expected = at.expected;
  }
}

/** A loss, gradient or weight that is no longer a finite number. */
export class NumericsError extends LlameroError {
  /** Step that produced it, counted from 1. */
  readonly step?: number;
  /** The first tensor found to be non-finite. */
  readonly tensor?: string;
  /** The last checkpoint before that step. */
  readonly checkpoint?: string;
  /** Makes the error. */
  constructor(message: string, at: { step?: number; tensor?: string; checkpoint?: string } = {}) {
    super(message);
    this.step = at.step;
    this.tensor = at.tensor;
    this.checkpoint = at.checkpoint;
  }
}

/** A failure of the GPU or its driver, or a request beyond one of its limits. */
export class DeviceError extends LlameroError {
  /** Name of the limit that was exceeded. */
  readonly limit?: string;
  /** Requested amount, in the unit of the limit. */
  readonly wanted?: number;
  /** Amount that the adapter offers. */
  readonly have?: number;
  /** Name of the kernel whose compilation or dispatch failed. */
  readonly kernel?: string;
  /** Line of that kernel's WGSL, counted from 1. */
  readonly line?: number;
  /** Makes the error. */
  constructor(
    message: string,
    at: { limit?: string; wanted?: number; have?: number; kernel?: string; line?: number; cause?: unknown } =
      {},
  ) {
    super(message, { cause: at.cause });
    this.limit = at.limit;
    this.wanted = at.wanted;
    this.have = at.have;
    this.kernel = at.kernel;
    this.line = at.line;
  }
}

/** Returns the message with file and place in front, unless the file is unknown or the message names both. */
function placed(message: string, file: string | undefined, place: string): string {
  return file === undefined || message.includes(` ${file}${place}:`)
    ? message
    : `${file}${place}: ${message}`;
}
