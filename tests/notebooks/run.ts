/**
 * Runs notebooks headless with the Deno kernel, and loses no output. As a program:
 * `deno run -A tests/notebooks/run.ts [FILES]`, by default all of notebooks/, writes the outputs back into each
 * notebook that ran well.
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

/** How to run a notebook. */
export interface NotebookRunOptions {
  /** Longest time for one cell, in milliseconds; default 10 minutes. */
  timeout?: number;
  /**
   * Called when a cell starts (without an output) and whenever an output appears or changes. `cell` counts
   * from 1 over all cells, as every message does; `kernel.interrupt()` presses Stop.
   */
  watch?: (kernel: Kernel, cell: number, output?: Output) => void;
}

/** What came of it. */
export interface NotebookRun {
  /** The notebook with its new outputs. */
  notebook: Notebook;
  /** Why it stopped before its end, with the number of the cell; undefined when all went well. */
  error: string | undefined;
}

/** Runs the cells of `path` in order, up to the first that fails; the file is not changed. */
export async function runNotebook(path: string, options: NotebookRunOptions = {}): Promise<NotebookRun> {
  const notebook = await readNotebook(path);
  let number = 0;
  let kernel: Kernel | undefined;
  try {
    kernel = await Kernel.start(dirname(resolve(path)));
    const session = new Session(kernel, (output) => options.watch?.(kernel!, number, output));
    for (const cell of notebook.cells) {
      number++;
      if (isCode(cell)) await within(options.timeout ?? 600_000, session.run(cell));
    }
    return { notebook, error: undefined };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { notebook, error: number ? `cell ${number}: ${said}` : said };
  } finally {
    await kernel?.close();
  }
}

/** Cells run one after another in a kernel. */
export class Session {
  #kernel: Kernel;
  #collector = new OutputCollector();
  #changed: (output?: Output) => void;
  #count = 0;
  #mark: string | undefined;
  #marksLeft = 0;
  #flushed = (): void => {};

  /** `changed` is told when a cell starts (without an output) and of each output that appears or changes. */
  constructor(kernel: Kernel, changed: (output?: Output) => void) {
    this.#kernel = kernel;
    this.#changed = changed;
    kernel.onMessage = (message) => this.#take(message);
  }

  /**
   * Runs a cell, and resolves when its outputs are there.
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
    if (!cell.outputs.some((output) => output.output_type === "error")) cell.outputs.push(unseen(reply));
    const error = cell.outputs.findLast((output) => output.output_type === "error")!;
    if (!hasTag(cell, "raises-exception")) {
      throw new Error(`${error.ename}: ${error.evalue}\n${joined(cell.source)}`);
    }
  }

  /**
   * The kernel says that it is idle before all outputs are out (text goes through a queue of its own). A mark
   * sent the same two ways, as text and as a display, comes out behind everything that the cell put out.
   */
  async #flush(): Promise<void> {
    const mark = this.#mark = `end of cell ${crypto.randomUUID()}`;
    this.#marksLeft = 2;
    const through = new Promise<void>((resolve) => this.#flushed = resolve);
    const shown = JSON.stringify({ data: { "text/plain": mark }, metadata: {}, transient: {} });
    const code = `await Deno.jupyter.broadcast("display_data", ${shown}); console.log(${
      JSON.stringify(mark)
    });`;
    await this.#kernel.execute(code, { silent: true });
    await Promise.race([through, this.#kernel.death]);
  }

  #take(message: Message): void {
    const rest = this.#mark ? withoutMark(message, this.#mark) : message;
    if (rest !== message && --this.#marksLeft === 0) this.#flushed();
    const output = rest && this.#collector.take(rest);
    if (output) this.#changed(output);
  }
}

/** The message without the mark in it: less text, or nothing; the same object where it has none. */
function withoutMark(message: Message, mark: string): Message | undefined {
  const { text, data } = message.content;
  if (data?.["text/plain"] === mark) return undefined;
  if (!text?.includes(mark)) return message;
  const rest = text.replace(`${mark}\n`, "");
  return rest ? { ...message, content: { ...message.content, text: rest } } : undefined;
}

/** The kernel shows nothing for code that it cannot parse. */
function unseen(reply: Content): Output {
  return {
    output_type: "error",
    ename: reply.ename,
    evalue: `${reply.evalue} (is the syntax right?)`,
    traceback: [],
  };
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out after ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // after a timeout the kernel is killed under it
  }
}

if (import.meta.main) {
  let failed = 0;
  for (const path of Deno.args.length ? Deno.args : notebookFiles()) {
    const start = performance.now();
    const { notebook, error } = await runNotebook(path);
    if (!error) await writeNotebook(path, notebook);
    console.log(`${path}: ${error ? "FAILED" : "ok"} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    if (error) console.error(`${error}\n`);
    failed += error ? 1 : 0;
  }
  Deno.exit(failed ? 1 : 0);
}
