/**
 * Writes files in the forms of the publishers: gzip, tar, XML, JSON Lines, CSV.
 *
 * @module
 */
import { dirname } from "node:path";

/** The time of every record and file, so that the same seed gives the same bytes. */
export const writtenAt = "2023-02-27T12:00:00Z";

/** Writes a file, and the folders above it. */
export async function put(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
}

/** Returns the bytes packed by gzip. */
export async function gzip(content: string | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([content as BlobPart]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Returns rows as JSON Lines. */
export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Returns rows as CSV: fields with a comma, a quote or a line break are quoted. */
export function csvLines(rows: readonly (readonly (string | number)[])[]): string {
  const field = (value: string | number) => {
    const text = String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** Returns text for XML: the five characters of markup as entities. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** Returns an archive of files by name, in tar's ustar form. */
export function tar(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    parts.push(tarHeader(name, bytes.length), bytes, new Uint8Array((512 - bytes.length % 512) % 512));
  }
  parts.push(new Uint8Array(1024));
  return joined(parts);
}

/** Returns the header of a file in a tar archive: 512 bytes of fields, numbers in octal. */
function tarHeader(name: string, size: number): Uint8Array {
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  const mtime = Date.parse(writtenAt) / 1000;
  const fields = [
    ...[name.padEnd(100, "\0"), octal(0o644, 7), octal(0, 7), octal(0, 7), octal(size, 11), octal(mtime, 11)],
    ...["        ", "0", "\0".repeat(100), "ustar\0", "00", "\0".repeat(247)],
  ];
  const header = new TextEncoder().encode(fields.join(""));
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(new TextEncoder().encode(`${octal(sum, 6)} `), 148);
  return header;
}

/** Returns the parts one behind another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
