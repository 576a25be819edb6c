/**
 * The errors of the SDK. Each says what was expected, what was found and what to do about it.
 *
 * `LlameroError` > `ConfigError`, `DataError`, `FormatError`, `NumericsError`, `DeviceError`.
 *
 * @module
 */

/** The root of every error this package throws on purpose. */
export class LlameroError extends Error {
  /** The class name, so that a caught error names its kind in a log. */
  override name: string = this.constructor.name;
}

/** An option, a plan or a combination of them that cannot work. */
export class ConfigError extends LlameroError {
  /** Path of the option, such as `pretrain.learningRate`. */
  readonly path?: string;
  /** The value that was refused. */
  readonly value?: unknown;
  /** Makes the error; `at.path` and `at.value` say where the option stands and what it held. */
  constructor(message: string, at: { path?: string; value?: unknown; cause?: unknown } = {}) {
    super(message, { cause: at.cause });
    this.path = at.path;
    this.value = at.value;
  }
}

/** A record, file or source of data that cannot be used. */
export class DataError extends LlameroError {
  /** The file it came from. */
  readonly file?: string;
  /** Line number, counted from 1. */
  readonly line?: number;
  /** Name of the dataset or mixture source. */
  readonly source?: string;
  /** Makes the error and puts `file:line` in front of the message where they are known. */
  constructor(message: string, at: { file?: string; line?: number; source?: string; cause?: unknown } = {}) {
    const place = at.file === undefined ? "" : `${at.file}${at.line === undefined ? "" : `:${at.line}`}: `;
    super(place + message, { cause: at.cause });
    this.file = at.file;
    this.line = at.line;
    this.source = at.source;
  }
}

/** A model, tokenizer or checkpoint file whose bytes are not what its format promises. */
export class FormatError extends LlameroError {
  /** The file that was read. */
  readonly file?: string;
  /** Byte offset of the fault. */
  readonly offset?: number;
  /** What should have stood there. */
  readonly expected?: string;
  /** Makes the error and puts the file and the byte offset in front of the message where they are known. */
  constructor(
    message: string,
    at: { file?: string; offset?: number; expected?: string; cause?: unknown } = {},
  ) {
    const where = at.offset === undefined ? "" : ` (byte ${at.offset})`;
    super((at.file === undefined ? "" : `${at.file}${where}: `) + message, { cause: at.cause });
    this.file = at.file;
    this.offset = at.offset;
    this.expected = at.expected;
  }
}

/** A loss, gradient or weight that is no longer a finite number. */
export class NumericsError extends LlameroError {
  /** Step at which it was seen, counted from 1. */
  readonly step?: number;
  /** The first tensor found to be non-finite. */
  readonly tensor?: string;
  /** The last checkpoint from before it. */
  readonly checkpoint?: string;
  /** Makes the error. */
  constructor(message: string, at: { step?: number; tensor?: string; checkpoint?: string } = {}) {
    super(message);
    this.step = at.step;
    this.tensor = at.tensor;
    this.checkpoint = at.checkpoint;
  }
}

/** The GPU, its driver or one of its limits stands in the way. */
export class DeviceError extends LlameroError {
  /** Name of the limit that was passed. */
  readonly limit?: string;
  /** What was asked for, in the unit of the limit. */
  readonly wanted?: number;
  /** What the adapter offers. */
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
