/**
 * Decompression of bzip2, xz and LZ4: by a program where one is installed and permitted, else by a library.
 *
 * The bzip2 library unpacks 7 MB/s; the program unpacks three times as much, on a core of its own.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";

/** Programs that unpack to standard output with `-dc`, the fastest first. */
const programs = { bz2: ["lbzip2", "bzip2"], xz: ["xz"], lz4: ["lz4"] };

/**
 * Streams the unpacked bytes of the file at `path`; concatenated streams are read as one.
 *
 * @throws {Error} when the file is damaged, or is LZ4 and there is no program for it
 */
export async function* unpackByProgram(
  path: string,
  kind: keyof typeof programs,
): AsyncGenerator<Uint8Array> {
  for (const program of programs[kind]) {
    const child = await start(program, path);
    if (child) return yield* outputOf(child, program);
  }
  if (kind === "lz4") throw new Error("it is LZ4; unpack it first with `lz4 -d`, or install that program");
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

/** Streams the program's standard output; leaving the loop early kills the program. */
async function* outputOf(child: Deno.ChildProcess, program: string): AsyncGenerator<Uint8Array> {
  const errorText = new Response(child.stderr).text();
  let ended = false;
  try {
    yield* child.stdout;
    const { code } = await child.status;
    ended = true;
    if (code !== 0) {
      throw new Error((await errorText).trim().split("\n")[0] || `${program} failed (exit ${code})`);
    }
  } finally {
    if (!ended) kill(child);
    await errorText;
    await child.status;
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended by itself: a small file is unpacked before its reader leaves */ }
}

/** Streams the unpacked bytes of a bzip2 file, by the library. */
export async function* unbzip2(path: string): AsyncGenerator<Uint8Array> {
  const { default: unbzip2Stream } = await lazily(() => import("unbzip2-stream"));
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

/** Streams the unpacked bytes of an xz file, by the library. */
export async function* unxz(path: string): AsyncGenerator<Uint8Array> {
  // The types describe an ES module, but the package is CommonJS: its exports arrive as the default.
  const loaded = await lazily(() => import("xz-decompress")) as typeof import("xz-decompress") & {
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
