/**
 * A small ZeroMQ client socket: ZMTP 3.0 with the NULL mechanism over TCP (rfc.zeromq.org/spec/23).
 *
 * @module
 */

const more = 1;
const long = 2;
const command = 4;

/** One connection that sends and receives messages of several frames. */
export class ZmtpSocket {
  #connection: Deno.TcpConn;
  #buffer = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to a local port and exchanges greetings; a SUB socket subscribes to everything. */
  static async connect(port: number, type: "DEALER" | "SUB"): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay();
    const socket = new ZmtpSocket(connection);
    await socket.#write(greeting());
    await socket.#read(64);
    await socket.#write(frame(ready(type), command));
    await socket.#readFrame();
    if (type === "SUB") await socket.send([new Uint8Array([1])]);
    return socket;
  }

  /** Sends `frames` as one message. */
  async send(frames: Uint8Array[]): Promise<void> {
    for (const [i, body] of frames.entries()) {
      await this.#write(frame(body, i < frames.length - 1 ? more : 0));
    }
  }

  /** Receives the frames of the next message. */
  async receive(): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    for (let flags = more; flags & more;) {
      const next = await this.#readFrame();
      frames.push(next.body);
      flags = next.flags;
    }
    return frames;
  }

  /** Closes the connection; a waiting `receive` is rejected. */
  close(): void {
    this.#connection.close();
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array }> {
    const [flags] = await this.#read(1);
    const size = await this.#read(flags & long ? 8 : 1);
    const length = flags & long ? Number(new DataView(size.buffer).getBigUint64(0)) : size[0];
    return { flags, body: await this.#read(length) };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  async #read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const chunk = new Uint8Array(65536);
    while (this.#buffer.length < count) {
      const got = await this.#connection.read(chunk);
      if (got === null) throw new Error("the kernel closed the connection");
      const joined = new Uint8Array(this.#buffer.length + got);
      joined.set(this.#buffer);
      joined.set(chunk.subarray(0, got), this.#buffer.length);
      this.#buffer = joined;
    }
    const bytes = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return bytes;
  }
}

/** Returns the greeting of a client: signature, version 3.0, mechanism NULL. */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
  bytes.set(new TextEncoder().encode("NULL"), 12);
  return bytes;
}

/** Returns the READY command with its one property. */
function ready(type: string): Uint8Array {
  const text = new TextEncoder();
  const name = text.encode("Socket-Type");
  const value = text.encode(type);
  return new Uint8Array([5, ...text.encode("READY"), name.length, ...name, 0, 0, 0, value.length, ...value]);
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  const isLong = body.length > 255;
  const header = new Uint8Array(isLong ? 9 : 2);
  header[0] = flags | (isLong ? long : 0);
  if (isLong) new DataView(header.buffer).setBigUint64(1, BigInt(body.length));
  else header[1] = body.length;
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}
