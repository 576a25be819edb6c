/**
 * The stack of an error as its reader needs it: the message, and of the frames those in the reader's own code.
 *
 * Deno prints the `stack` of an uncaught error where the error's own frames were never formatted, and its notebook kernel sends
 * `stack` line by line. The environment variable `LLAMERO_TRACE=1` leaves all frames as they are.
 *
 * @module
 */
import { setting } from "./setting.ts";

/** Frames that are recorded: V8's own limit of 10 ends before the reader's code. [ours] */
const recordedFrames = 60;

/** The folder of the SDK's source as it stands in frames; undefined where the source was bundled into another file. */
const ownFolder = /^(.*\/src\/)base\/user_frames\.[jt]s$/.exec(import.meta.url)?.[1];

/** Frames of Deno, of packages, and without a place in a file. */
const foreign =
  /[( ](?:ext|node):|\/node_modules\/|\/npm\/registry|\/\/jsr\.io\/|\(<anonymous>\)$|\(native\)$|\(index \d+\)$/;

/** A frame of code that was typed into a notebook. Deno compiles it before, so that its lines are not those of the cell. */
const typed = /<anonymous>:\d+:\d+\)?$/;

/** The stack at one moment. */
export interface RecordedStack {
  /** Makes `error.stack` and `error.cause` show the reader's frames only. They are formatted when they are first asked for. */
  showIn(error: Error): void;
}

/**
 * Records the stack of the caller of `constructor`, before it calls `super`. Until {@linkcode RecordedStack.showIn} is called V8
 * records no stack, so that the error has none of its own, which Deno would print instead of `stack`.
 */
export function recordStack(constructor: new (...args: never[]) => Error): RecordedStack {
  const recorded: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Math.max(limit, recordedFrames);
  Error.captureStackTrace(recorded, constructor);
  Error.stackTraceLimit = 0;
  return {
    showIn(error) {
      Error.stackTraceLimit = limit;
      define(error, "stack", () => {
        const { name, message } = error;
        return [message ? `${name}: ${message}` : name, ...framesToShow(recorded.stack)].join("\n");
      });
      const { cause } = error;
      if (cause instanceof Error) define(error, "cause", () => withUserFrames(cause));
    },
  };
}

/** Makes a property that is computed when it is first read, and that can be replaced. */
function define<K extends "stack" | "cause">(error: Error, key: K, compute: () => Error[K]): void {
  const settle = (value: Error[K]) =>
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
  Object.defineProperty(error, key, {
    configurable: true,
    enumerable: false,
    get: () => {
      const value = compute();
      settle(value);
      return value;
    },
    set: settle,
  });
}

/** Returns an error of others without frames of the SDK, as are its causes; the error itself where nothing is to be left out. */
function withUserFrames(error: Error): Error {
  if (showsAllFrames() || !error.stack) return error;
  const cause = error.cause instanceof Error ? withUserFrames(error.cause) : error.cause;
  const kept = framesToShow(error.stack);
  if (kept.length === framesOf(error.stack).length && cause === error.cause) return error;
  const stack = [`${error.name}: ${error.message}`, ...kept].join("\n");
  return Object.create(error, {
    stack: { value: stack, configurable: true, writable: true },
    ...cause !== undefined && { cause: { value: cause, configurable: true, writable: true } },
  });
}

/** Returns the frames to show, of the newest call first. */
function framesToShow(stack = ""): string[] {
  const frames = framesOf(stack);
  if (showsAllFrames()) return frames;
  return frames
    .filter((frame) => !foreign.test(frame) && !(ownFolder && frame.includes(ownFolder)))
    .flatMap((frame) => typed.test(frame) ? typedFrame(frame) : [frame]);
}

/** Returns a frame of a notebook by the name of its function, or none where it has no name. */
function typedFrame(frame: string): string[] {
  const name = / {4}at (?:async )?(\S.*) \(<anonymous>:\d+:\d+\)$/.exec(frame)?.[1];
  return name ? [`    at ${name}`] : [];
}

function framesOf(stack: string): string[] {
  return stack.split("\n").filter((line) => line.startsWith("    at "));
}

function showsAllFrames(): boolean {
  return setting("LLAMERO_TRACE") === "1";
}
