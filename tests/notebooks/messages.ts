/**
 * Jupyter messages: a signature and four JSON parts (jupyter-client.readthedocs.io, "Messaging in Jupyter").
 *
 * @module
 */

/** A display in several forms, keyed by MIME type. */
export type MimeBundle = Record<string, unknown>;

/** The fields that a notebook runner reads from messages; each message has some of them. */
export interface Content {
  /** Result of a request: `ok`, `error` or `aborted`. */
  status?: string;
  /** State of the kernel: `busy`, `idle` or `starting`. */
  execution_state?: string;
  /** Name of a stream: `stdout` or `stderr`. */
  name?: string;
  /** Text written to the stream. */
  text?: string;
  /** Content of a display. */
  data?: MimeBundle;
  /** Hints for the display. */
  metadata?: Record<string, unknown>;
  /** Id by which the display can be updated. */
  transient?: { display_id?: string };
  /** True when `clear_output` waits for the next output. */
  wait?: boolean;
  /** Class of an error. */
  ename?: string;
  /** Message of an error. */
  evalue?: string;
  /** Lines of an error, with terminal colours. */
  traceback?: string[];
}

/** A received message. */
export interface Message {
  /** Type, such as `execute_reply`, `stream` or `status`. */
  type: string;
  /** Id of the request that the message answers. */
  parent: string | undefined;
  /** Fields of the message. */
  content: Content;
}

const delimiter = "<IDS|MSG>";

/** Writes and reads messages under one key. */
export class MessageCodec {
  /** The shared secret of the connection file. */
  readonly key: string = crypto.randomUUID();
  #sign: Promise<CryptoKey> = crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(this.key),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );

  /** Returns the frames of a request with message id `id`. */
  async encode(id: string, type: string, content: object): Promise<Uint8Array[]> {
    const date = new Date().toISOString();
    const header = {
      msg_id: id,
      session: this.key,
      username: "llamero",
      date,
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const text = new TextEncoder();
    const mac = await crypto.subtle.sign("HMAC", await this.#sign, text.encode(parts.join("")));
    const hex = [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [delimiter, hex, ...parts].map((part) => text.encode(part));
  }

  /** Returns the message in `frames`. */
  decode(frames: Uint8Array[]): Message {
    const text = frames.map((frame) => new TextDecoder().decode(frame));
    const [header, parent, , content] = text.slice(text.indexOf(delimiter) + 2).map((part) =>
      JSON.parse(part)
    );
    return { type: header.msg_type, parent: parent.msg_id, content };
  }
}
