/**
 * Unpacks bzip2 and xz: by the program where it is there and may be run, else by a library.
 *
 * The library for bzip2 does 7 MB/s, the program three times as much and on a core of its own.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";

/** The programs that unpack to their standard output with `-dc`, the fastest first. */
const programs = { bz2: ["lbzip2", "bzip2"], xz: ["xz"] };

/** The unpacked bytes of the file at `path`; several streams one behind another are one. */
export async function* unpackSlow(path: string, kind: keyof typeof programs): AsyncGenerator<Uint8Array> {
  for (const program of programs[kind]) {
    const child = await start(program, path);
    if (child) return yield* outputOf(child, program);
  }
  yield* kind === "bz2" ? unbzip2(path) : unxz(path);
}

async function start(program: string, path: string): Promise<Deno.ChildProcess | undefined> {
  const { state } = await Deno.permissions.query({ name: "run", command: program });
  if (state !== "granted") return undefined;
  try {
    const args = ["-dc", "--", path];
    return new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What the program writes; leaving early ends it. */
async function* outputOf(child: Deno.ChildProcess, program: string): AsyncGenerator<Uint8Array> {
  const complaint = new Response(child.stderr).text();
  let ended = false;
  try {
    yield* child.stdout;
    const { code } = await child.status;
    ended = true;
    if (code !== 0) throw new Error((await complaint).trim().split("\n")[0] || `${program} gave up`);
  } finally {
    if (!ended) child.kill("SIGKILL");
    await complaint;
    await child.status;
  }
}

/** The bytes of a bzip2 file by the library. */
export async function* unbzip2(path: string): AsyncGenerator<Uint8Array> {
  const { default: unbzip2Stream } = await import("unbzip2-stream");
  const file = createReadStream(path, { highWaterMark: 1 << 16 });
  const unpacked = new Readable({ read() {} });
  const packed = unbzip2Stream();
  file.on("error", (error) => unpacked.destroy(error));
  packed.on("error", (error: Error) => unpacked.destroy(error));
  packed.on("data", (chunk: Uint8Array) => {
    if (!unpacked.push(chunk)) packed.pause();
  });
  packed.on("end", () => unpacked.push(null));
  unpacked._read = () => packed.resume();
  file.pipe(packed);
  try {
    yield* unpacked;
  } finally {
    file.destroy();
  }
}

/** The bytes of an xz file by the library. */
export async function* unxz(path: string): AsyncGenerator<Uint8Array> {
  // Its types describe a module; it is CommonJS, whose exports arrive as the default.
  const loaded = await import("xz-decompress") as typeof import("xz-decompress") & {
    default?: typeof import("xz-decompress");
  };
  const { XzReadableStream } = loaded.default ?? loaded;
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    yield* new XzReadableStream(Readable.toWeb(file) as ReadableStream<Uint8Array>);
  } finally {
    file.destroy();
  }
}
