/**
 * The small text files of a model folder.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { readUtf8 } from "../../formats/encoding/utf8_file.ts";
import { writeAtomically } from "../../formats/mod.ts";

/** Bytes of the largest text file that is read, far more than any configuration or list of shards has. [ours] */
const maxBytes = 64e6;

/**
 * Reads a JSON file of a model folder.
 *
 * @throws {FormatError} for a file that is missing, too large, or not JSON
 */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    const { size, isFile } = await Deno.stat(file);
    if (!isFile || size > maxBytes) {
      throw new FormatError(`not a file of at most ${maxBytes} bytes`, { file });
    }
    text = await readUtf8(file);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new FormatError("no such file: is this a model folder?", { file, cause });
  }
  refuseOther(text, file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`not valid JSON: ${(cause as Error).message}`, { file, cause });
  }
}

/**
 * Refuses a file whose first bytes are those of a page or of a pointer in its place.
 *
 * @throws {FormatError} that says what to do
 */
export async function checkDownload(file: string): Promise<void> {
  using open = await Deno.open(file);
  const bytes = new Uint8Array(256);
  const length = await open.read(bytes) ?? 0;
  refuseOther(new TextDecoder().decode(bytes.subarray(0, length)), file);
}

function refuseOther(text: string, file: string): void {
  if (text.startsWith("version https://git-lfs")) {
    throw new FormatError(
      "this is a git-LFS pointer, not the file itself: run `git lfs pull` in the repository, or download the file",
      { file },
    );
  }
  if (/^\s*<(!doctype|html|\?xml|head|body)/i.test(text)) {
    throw new FormatError(
      "this is a web page, not the file itself: download it again, logged in where needed",
      {
        file,
      },
    );
  }
}

/** Returns true for the errors of a missing file: it does not exist, or its folder is a file. */
function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** Returns true if a file exists at the path. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Writes a text file aside and renames it, so that a reader sees the old one or the new one. */
export function writeText(path: string, text: string): Promise<void> {
  return writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
}
