/**
 * A Deno kernel in a child process, driven by Jupyter's protocol without a Jupyter installation.
 *
 * @module
 */
import { type Content, type Message, MessageCodec } from "./messages.ts";
import { ZmtpSocket } from "./zmtp.ts";

/** Linux counts processor time in these, on every architecture that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** A running kernel. */
export class Kernel {
  /** Called with each message about outputs and states, in the order the kernel published them. */
  onMessage: (message: Message) => void = () => {};
  #child: Deno.ChildProcess;
  #codec: MessageCodec;
  #shell?: ZmtpSocket;
  #published?: ZmtpSocket;
  #replies = new Map<string, (reply: Content) => void>();
  #errors = "";
  #loops: Promise<void>[] = [];
  /** Rejects when the process ends, with its exit code or signal and its last error output. */
  readonly death: Promise<never>;

  private constructor(child: Deno.ChildProcess, codec: MessageCodec) {
    this.#child = child;
    this.#codec = codec;
    const listening = this.#listen();
    this.death = child.status.then(async ({ code, signal }) => {
      await listening;
      throw new Error(`kernel died (${signal ?? `exit code ${code}`})\n${this.#errors}`.trim());
    });
    this.death.catch(() => {}); // every wait races with it
  }

  /** Starts a kernel in the working directory `cwd`, and waits for its first message. */
  static async start(cwd: string): Promise<Kernel> {
    const codec = new MessageCodec();
    const ports = freePorts(5);
    const file = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(file, JSON.stringify(connection(codec.key, ports)));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--kernel", "--conn", file],
      cwd,
      env: { NO_COLOR: "1", XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const kernel = new Kernel(child, codec);
    try {
      await Promise.race([kernel.#connect(ports[0], ports[1]), kernel.death]);
      return kernel;
    } catch (error) {
      await kernel.close();
      throw error;
    } finally {
      await Deno.remove(file);
    }
  }

  /** Runs `code` and returns the reply. Outputs come through `onMessage`, some of them after the reply. */
  execute(code: string, options: { silent?: boolean } = {}): Promise<Content> {
    const silent = options.silent ?? false;
    const request = { code, silent, store_history: !silent, user_expressions: {}, allow_stdin: false };
    return this.#request("execute_request", { ...request, stop_on_error: true });
  }

  /** Returns the processor time of the kernel and of its ended children in seconds; undefined where the system tells none. */
  processorSeconds(): number | undefined {
    try {
      const stat = Deno.readTextFileSync(`/proc/${this.#child.pid}/stat`);
      const ticks = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 16).map(Number); // utime to cstime
      return ticks.reduce((sum, n) => sum + n, 0) / TICKS_PER_SECOND;
    } catch {
      return undefined;
    }
  }

  /** Interrupts the kernel, as the Stop button does. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Ends the process and its connections. */
  async close(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it is gone already */ }
    await this.death.catch(() => {});
    this.#shell?.close();
    this.#published?.close();
    await Promise.all(this.#loops);
  }

  async #connect(shell: number, published: number): Promise<void> {
    this.#published = await retry(() => ZmtpSocket.connect(published, "SUB"));
    this.#shell = await retry(() => ZmtpSocket.connect(shell, "DEALER"));
    let heard = false;
    this.onMessage = () => heard = true;
    this.#loops = [
      forever(this.#published, (frames) => this.onMessage(this.#codec.decode(frames))),
      forever(this.#shell, (frames) => this.#answer(this.#codec.decode(frames))),
    ];
    while (!heard) { // messages before the subscription are lost, so ask until one is heard
      await this.#request("kernel_info_request", {});
      await sleep(20);
    }
  }

  async #request(type: string, content: object): Promise<Content> {
    const id = crypto.randomUUID();
    const reply = Promise.withResolvers<Content>();
    this.#replies.set(id, reply.resolve);
    await this.#shell!.send(await this.#codec.encode(id, type, content));
    return await Promise.race([reply.promise, this.death]);
  }

  #answer(message: Message): void {
    this.#replies.get(message.parent ?? "")?.(message.content);
    this.#replies.delete(message.parent ?? "");
  }

  /** Keeps the end of the process's error output for the message of its death. */
  async #listen(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errors = (this.#errors + text).slice(-4000);
    }
  }
}

function connection(key: string, ports: readonly number[]): object {
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
  const common = { ip: "127.0.0.1", transport: "tcp", signature_scheme: "hmac-sha256", key };
  return { ...common, shell_port, iopub_port, stdin_port, control_port, hb_port };
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map((listener) => listener.addr.port);
  listeners.forEach((listener) => listener.close());
  return ports;
}

/** Repeats an attempt for up to 20 seconds. */
async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 400;; tries--) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 0) throw error;
      await sleep(50);
    }
  }
}

/** Handles messages until the connection ends. */
async function forever(socket: ZmtpSocket, handle: (frames: Uint8Array[]) => void): Promise<void> {
  for (;;) {
    let frames: Uint8Array[];
    try {
      frames = await socket.receive();
    } catch {
      return;
    }
    handle(frames);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
