/**
 * Downloads that resume: the next attempt requests the missing bytes, and a file gets its name only when complete.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";

/** Options of a download. */
export interface DownloadOptions {
  /** Headers of the request, such as `authorization`. */
  headers?: Record<string, string>;
  /** Stops the download; the received bytes are kept for the next call. */
  signal?: AbortSignal;
  /** Called at each answer of the server: with the bytes of the whole file, if it says so, and those that are there already. */
  onSize?: (total: number | undefined, present: number) => void;
  /** Called with the length of each received chunk, in bytes. */
  onBytes?: (bytes: number) => void;
}

/** Attempts per call, each continuing where the last one ended. [ours] */
const maxAttempts = 3;

/**
 * Fetches `url` into the file at `path`, whose folder must exist. A second download of the same file waits for the
 * first.
 *
 * @throws {DataError} when the server refuses, or every attempt was cut off
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  using lock = await Deno.open(`${path}.lock`, { write: true, create: true });
  await lock.lock(true);
  if (await sizeOf(path) !== undefined) return;
  for (let attempt = 1;; attempt++) {
    options.signal?.throwIfAborted();
    try {
      await fetchRest(url, `${path}.part`, options);
      break;
    } catch (cause) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (cause instanceof DataError) throw cause;
      if (attempt < maxAttempts) continue;
      throw new DataError(
        `Cannot download ${url}: ${
          networkReason(cause)
        }; check the network and try again, the download resumes where it ended`,
        { cause },
      );
    }
  }
  await Deno.rename(`${path}.part`, path);
  for (const side of [`${path}.part.tag`, `${path}.lock`]) await Deno.remove(side).catch(() => {});
}

/** Returns the reason for which a request failed: Deno says it in the cause of its error. */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.message === "fetch failed" && error.cause instanceof Error ? error.cause : error;
  return inner.message.replace(/^error sending request for url \(.*?\): /, "");
}

/** Requests the bytes that `part` does not hold yet, if the server's file still has the ETag of the first bytes. */
async function fetchRest(
  url: string,
  part: string,
  { headers = {}, signal, onSize, onBytes }: DownloadOptions,
): Promise<void> {
  const tag = await Deno.readTextFile(`${part}.tag`).catch(() => "");
  const present = tag ? await sizeOf(part) ?? 0 : 0;
  const range: Record<string, string> = present ? { range: `bytes=${present}-`, "if-range": tag } : {};
  const response = await fetch(url, {
    headers: { ...headers, ...range, "accept-encoding": "identity" },
    signal,
  });
  try {
    const total = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? NaN);
    if (response.status === 416 && total === present) return;
    if (response.status !== 200 && response.status !== 206) throw refused(url, response);
    const resumes = response.status === 206 && present > 0;
    const length = Number(response.headers.get("content-length") ?? NaN);
    onSize?.(length >= 0 ? length + (resumes ? present : 0) : undefined, resumes ? present : 0);
    await Deno.writeTextFile(`${part}.tag`, response.headers.get("etag") ?? "");
    using file = await Deno.open(part, { write: true, create: true, truncate: !resumes, append: resumes });
    for await (const bytes of response.body ?? []) {
      await writeAll(file, bytes);
      onBytes?.(bytes.length);
    }
    await file.sync();
  } finally {
    await response.body?.cancel().catch(() => {});
  }
  await checkLength();

  async function checkLength(): Promise<void> {
    const length = Number(response.headers.get("content-length") ?? NaN);
    const expected = length + (response.status === 206 ? present : 0);
    const found = await sizeOf(part);
    if (response.headers.has("content-encoding") || Number.isNaN(length) || found === expected) return;
    throw new Error(`it was cut off after ${found} of ${expected} bytes`);
  }
}

function refused(url: string, { status, statusText }: Response): DataError {
  const advice = status === 401 || status === 403
    ? ", it may need a token (HF_TOKEN) or an accepted licence"
    : status === 404
    ? ", check the address"
    : "";
  return new DataError(`Cannot download ${url}: the server said ${status} ${statusText}${advice}`);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}
