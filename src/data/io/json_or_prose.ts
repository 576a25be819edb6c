/**
 * Recognition of JSON, which is read as records and never as prose.
 *
 * @module
 */
import type { BrokenRecord } from "../../formats/record_or_error.ts";

/** Returns true for the name of a JSON or JSON Lines file, packed or not. */
export function isJsonName(name: string): boolean {
  return /\.(jsonl|ndjson|json)(\.(gz|gzip|zst|zstd|bz2|xz|lz4|br))?$/i.test(name);
}

/** Returns true for a text that begins as a JSON object, or as an array of objects. */
export function isJson(text: string): boolean {
  return /^\uFEFF?\s*(\[\s*)?\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(text.slice(0, 4096));
}

/** Makes the broken record of a file that would have been read as prose. */
export function jsonAsProse(): BrokenRecord {
  return {
    problem: 'JSON, which is no prose: read it with Dataset.jsonl(path, { text: "field" })',
    reason: "JSON",
  };
}
