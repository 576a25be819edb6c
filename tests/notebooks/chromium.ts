/**
 * A headless Chromium that takes pictures of pages, driven by its DevTools protocol.
 *
 * It is Debian's package `chromium`; only scripts that take screenshots need it.
 *
 * @module
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { canRun } from "../support/needs.ts";

/** A rectangle of a page, in CSS pixels. */
export interface Box {
  /** Distance from the left edge. */
  x: number;
  /** Distance from the top. */
  y: number;
  /** Width. */
  width: number;
  /** Height. */
  height: number;
}

/** An answer or an event of the DevTools protocol. */
interface Reply {
  id?: number;
  method?: string;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Names under which Chromium is installed. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Returns the name of an installed Chromium; undefined where there is none. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of NAMES) if (await canRun(name, "--version")) return name;
  return undefined;
}

/** A running Chromium with one page, without access to any network. */
export class Chromium {
  #process: Deno.ChildProcess;
  #folder: string;
  #socket: WebSocket;
  #session: string | undefined;
  #count = 0;
  #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  #loaded: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(process: Deno.ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /**
   * Starts the Chromium of that name.
   *
   * @throws {Error} when it does not answer within half a minute
   */
  static async start(name: string): Promise<Chromium> {
    const folder = await Deno.makeTempDir({ prefix: "llamero_chromium_" });
    const process = new Deno.Command(name, {
      args: [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        `--user-data-dir=${folder}`,
        "--remote-debugging-port=0",
        "about:blank",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const socket = new WebSocket(await address(folder));
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`${name} closed its connection`));
    });
    const chromium = new Chromium(process, folder, socket);
    const { targetId } = await chromium.#ask("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await chromium.#ask("Target.attachToTarget", { targetId, flatten: true });
    chromium.#session = String(sessionId);
    await chromium.#ask("Page.enable");
    return chromium;
  }

  /** Loads a page, `width` CSS pixels wide, in a dark or light colour scheme. */
  async open(url: string, width: number, dark = false): Promise<void> {
    const size = { width, height: 800, deviceScaleFactor: 1, mobile: false };
    await this.#ask("Emulation.setDeviceMetricsOverride", size);
    const scheme = { name: "prefers-color-scheme", value: dark ? "dark" : "light" };
    await this.#ask("Emulation.setEmulatedMedia", { features: [scheme] });
    this.#loaded = Promise.withResolvers();
    await this.#ask("Page.navigate", { url });
    await this.#loaded.promise;
    // A window as high as the page, drawn once: parts outside of the window may be missing in a picture.
    const height = await this.evaluate<number>("Math.ceil(document.documentElement.scrollHeight)");
    await this.#ask("Emulation.setDeviceMetricsOverride", { ...size, height: Math.min(height, 16_000) });
    await this.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  }

  /** Returns the value of a JavaScript expression on the page, as JSON carries it. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.#ask("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    return (result as { value: T }).value;
  }

  /** Takes a picture of a part of the page, `scale` pixels per CSS pixel, as a PNG file. */
  async picture(clip: Box, scale = 1): Promise<Uint8Array> {
    const { data } = await this.#ask("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: true,
      clip: { ...clip, scale },
    });
    return Uint8Array.fromBase64(String(data));
  }

  /** Ends the process and removes what it wrote. */
  async close(): Promise<void> {
    this.#socket.close();
    this.#process.kill();
    await this.#process.status;
    await removeFolder(this.#folder);
  }

  #ask(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return answer.promise;
  }

  #take({ id, method, result, error }: Reply): void {
    if (method === "Page.loadEventFired") this.#loaded.resolve();
    const answer = this.#waiting.get(id ?? 0);
    if (!answer) return;
    this.#waiting.delete(id!);
    if (error) answer.reject(new Error(error.message));
    else answer.resolve(result ?? {});
  }
}

/** Waits for the address of the DevTools protocol, which Chromium writes into its folder. */
async function address(folder: string): Promise<string> {
  for (let i = 0; i < 300; i++) {
    const text = await Deno.readTextFile(join(folder, "DevToolsActivePort")).catch(() => "");
    const [port, path] = text.split("\n");
    if (path) return `ws://127.0.0.1:${port}${path}`;
    await delay(100);
  }
  throw new Error("Chromium did not open its DevTools port within 30 seconds");
}

/** Removes a folder into which processes of the browser may still write for a moment after it ended. */
async function removeFolder(path: string): Promise<void> {
  for (let tries = 50;; tries--) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
