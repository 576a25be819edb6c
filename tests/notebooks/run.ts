/**
 * Runs notebooks without a browser in the Deno kernel, and collects all outputs.
 *
 * As a program, `deno run -A tests/notebooks/run.ts [FILES]`, by default with all of notebooks/, writes the outputs into
 * each notebook that ran without an error, with a PNG beside every picture where Chromium and nbconvert are installed.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { Kernel } from "./kernel.ts";
import type { Content, Message } from "./messages.ts";
import {
  type Cell,
  hasTag,
  isCode,
  joined,
  type Notebook,
  notebookFiles,
  type Output,
  readNotebook,
  writeNotebook,
} from "./notebook.ts";
import { OutputCollector } from "./outputs.ts";
import { countPictures } from "./pictures.ts";

/** Settings of a notebook run. */
export interface NotebookRunOptions {
  /** Time limit per cell in milliseconds; default 10 minutes. */
  timeout?: number;
  /**
   * Called when a cell starts (without an output) and whenever an output appears or changes. `cell` is its number from 1
   * over all cells; `kernel.interrupt()` acts as the Stop button.
   */
  watch?: (kernel: Kernel, cell: number, output?: Output) => void;
  /** Returns a cell to run after this one in the same kernel, such as the solution of an exercise. The notebook leaves it out. */
  after?: (cell: Cell) => Cell | undefined;
}

/** The result of a notebook run. */
export interface NotebookRun {
  /** Notebook with its new outputs. */
  notebook: Notebook;
  /** Error that stopped the run, with the number of the cell; undefined when there was none. */
  error: string | undefined;
  /** Processor time of each cell that ran, by its number from 1 over all cells; empty where the system tells none. */
  seconds: Map<number, number>;
}

/** Runs the cells of a notebook in order, up to the first that fails. The file is not changed. */
export async function runNotebook(path: string, options: NotebookRunOptions = {}): Promise<NotebookRun> {
  const notebook = await readNotebook(path);
  let number = 0;
  let kernel: Kernel | undefined;
  const seconds = new Map<number, number>();
  try {
    kernel = await Kernel.start(dirname(resolve(path)));
    const session = new Session(kernel, (output) => options.watch?.(kernel!, number, output));
    let before = kernel.processorSeconds() ?? 0;
    for (const cell of notebook.cells) {
      number++;
      if (!isCode(cell)) continue;
      for (const each of [cell, options.after?.(cell)]) {
        if (!each) continue;
        await within(options.timeout ?? 600_000, session.run(each));
        const now = kernel.processorSeconds();
        if (now === undefined) continue;
        seconds.set(number, (seconds.get(number) ?? 0) + now - before);
        before = now;
      }
    }
    return { notebook, error: undefined, seconds };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { notebook, error: number ? `cell ${number}: ${message}` : message, seconds };
  } finally {
    await kernel?.close();
  }
}

/** Runs cells one after another in a kernel. */
export class Session {
  #kernel: Kernel;
  #collector = new OutputCollector();
  #changed: (output?: Output) => void;
  #count = 0;
  #mark: string | undefined;
  #marksLeft = 0;
  #flushed = (): void => {};

  /** Calls `changed` when a cell starts (without an output) and with each output that appears or changes. */
  constructor(kernel: Kernel, changed: (output?: Output) => void) {
    this.#kernel = kernel;
    this.#changed = changed;
    kernel.onMessage = (message) => this.#take(message);
  }

  /**
   * Runs a cell and waits for all of its outputs.
   *
   * @throws {Error} when it fails and is not tagged `raises-exception`
   */
  async run(cell: Cell): Promise<void> {
    cell.outputs = this.#collector.begin();
    cell.execution_count = ++this.#count;
    this.#changed();
    const reply = await this.#kernel.execute(joined(cell.source));
    await this.#flush();
    for (const output of cell.outputs) {
      if (output.output_type === "execute_result") output.execution_count = this.#count;
    }
    if (reply.status === "ok") return;
    if (!cell.outputs.some((output) => output.output_type === "error")) cell.outputs.push(syntaxError(reply));
    const error = cell.outputs.findLast((output) => output.output_type === "error")!;
    if (!hasTag(cell, "raises-exception")) {
      throw new Error(`${error.ename}: ${error.evalue}\n${joined(cell.source)}`);
    }
  }

  /**
   * Waits for the last outputs. The kernel reports that it is idle before they are sent, since text has its own queue. A
   * mark is therefore sent both ways, as text and as a display, and arrives after everything that the cell sent.
   */
  async #flush(): Promise<void> {
    const mark = this.#mark = `end of cell ${crypto.randomUUID()}`;
    this.#marksLeft = 2;
    const flushed = new Promise<void>((resolve) => this.#flushed = resolve);
    const shown = JSON.stringify({ data: { "text/plain": mark }, metadata: {}, transient: {} });
    const code = `await Deno.jupyter.broadcast("display_data", ${shown}); console.log(${
      JSON.stringify(mark)
    });`;
    await this.#kernel.execute(code, { silent: true });
    await Promise.race([flushed, this.#kernel.death]);
  }

  #take(message: Message): void {
    const rest = this.#mark ? withoutMark(message, this.#mark) : message;
    if (rest !== message && --this.#marksLeft === 0) this.#flushed();
    const output = rest && this.#collector.take(rest);
    if (output) this.#changed(output);
  }
}

/** Returns the message without the mark, undefined when nothing remains, or the same object when it has no mark. */
function withoutMark(message: Message, mark: string): Message | undefined {
  const { text, data } = message.content;
  if (data?.["text/plain"] === mark) return undefined;
  if (!text?.includes(mark)) return message;
  const rest = text.replace(`${mark}\n`, "");
  return rest ? { ...message, content: { ...message.content, text: rest } } : undefined;
}

/** Makes the output of code that the kernel cannot parse, for which it sends none. */
function syntaxError(reply: Content): Output {
  return {
    output_type: "error",
    ename: reply.ename,
    evalue: `${reply.evalue} (is the syntax right?)`,
    traceback: [],
  };
}

/** Returns the processor time of a run in words: all of it, and the cell that took most; empty where none is known. */
export function processorTime({ seconds }: NotebookRun): string {
  if (seconds.size === 0) return "";
  const all = [...seconds.values()].reduce((sum, n) => sum + n, 0);
  const [cell, most] = [...seconds].reduce((a, b) => b[1] > a[1] ? b : a);
  return `${all.toFixed(1)} s of processor time, most in cell ${cell}: ${most.toFixed(1)} s`;
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out after ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // after a timeout the kernel is killed while it runs
  }
}

if (import.meta.main) {
  const { withPng } = await import("./png.ts"); // loads a native library, which the tests do without
  const { findTools } = await import("./screenshots.ts");
  const tools = await findTools();
  if (typeof tools === "string") console.log(`Pictures are written without a PNG beside them: ${tools}.`);
  let failed = 0;
  for (const path of Deno.args.length ? Deno.args : notebookFiles()) {
    const start = performance.now();
    const run = await runNotebook(path);
    const { notebook, error } = run;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (error) {
      console.log(`${path}: FAILED (${seconds} s)`);
    } else {
      await writeNotebook(path, notebook);
      const kept = typeof tools === "string" ? notebook : await withPng(path, tools);
      await writeNotebook(path, kept);
      const { pictures } = countPictures(kept);
      const size = ((await Deno.stat(path)).size / 1000).toFixed(0);
      const facts = [`${seconds} s`, processorTime(run), `${pictures} pictures`, `${size} kB`];
      console.log(`${path}: ok (${facts.filter(Boolean).join(", ")})`);
    }
    if (error) console.error(`${error}\n`);
    failed += error ? 1 : 0;
  }
  Deno.exit(failed ? 1 : 0);
}
