/**
 * Downloads that can be cut off: the next try asks for what is missing, and a file takes its name only when whole.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";

/** What a download can be given. */
export interface DownloadOptions {
  /** Headers of the request, such as an authorization. */
  headers?: Record<string, string>;
  /** Stops it; what came so far is kept for the next time. */
  signal?: AbortSignal;
  /** Told how many bytes came. */
  onBytes?: (bytes: number) => void;
}

/** Tries in one call, each beginning where the last was cut off. [ours] */
const tries = 3;

/**
 * Fetches `url` into the file at `path`, whose folder must exist. Who comes second at the same file waits for the first.
 *
 * @throws {DataError} when the server refuses, or the connection was cut off every time
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
      if (attempt < tries) continue;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DataError(`Cannot download ${url}: ${why}; try again, it goes on where it was cut off`, {
        cause,
      });
    }
  }
  await Deno.rename(`${path}.part`, path);
  for (const left of [`${path}.part.tag`, `${path}.lock`]) await Deno.remove(left).catch(() => {});
}

/** One request for what `part` does not hold yet, under the tag that the beginning came with. */
async function fetchRest(
  url: string,
  part: string,
  { headers = {}, signal, onBytes }: DownloadOptions,
): Promise<void> {
  const tag = await Deno.readTextFile(`${part}.tag`).catch(() => "");
  const have = tag ? await sizeOf(part) ?? 0 : 0;
  const range: Record<string, string> = have ? { range: `bytes=${have}-`, "if-range": tag } : {};
  const response = await fetch(url, {
    headers: { ...headers, ...range, "accept-encoding": "identity" },
    signal,
  });
  try {
    const whole = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? NaN);
    if (response.status === 416 && whole === have) return;
    if (response.status !== 200 && response.status !== 206) throw refused(url, response);
    const goesOn = response.status === 206 && have > 0;
    await Deno.writeTextFile(`${part}.tag`, response.headers.get("etag") ?? "");
    using file = await Deno.open(part, { write: true, create: true, truncate: !goesOn, append: goesOn });
    for await (const bytes of response.body ?? []) {
      await writeAll(file, bytes);
      onBytes?.(bytes.length);
    }
    await file.sync();
  } finally {
    await response.body?.cancel().catch(() => {});
  }
  await checkLength(part, have);

  async function checkLength(part: string, before: number): Promise<void> {
    const length = Number(response.headers.get("content-length") ?? NaN);
    const expected = length + (response.status === 206 ? before : 0);
    const found = await sizeOf(part);
    if (response.headers.has("content-encoding") || Number.isNaN(length) || found === expected) return;
    throw new Error(`it was cut off after ${found} of ${expected} bytes`);
  }
}

function refused(url: string, { status, statusText }: Response): DataError {
  const advice = status === 401 || status === 403
    ? ", it may need a token (HF_TOKEN) or a licence to be accepted"
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
