/**
 * Input texts of training and counting: strings, or records with a text.
 *
 * @module
 */
import { ConfigError, DataError } from "../base/errors.ts";
import { show } from "../base/schema.ts";

/** An iterable of strings or of records with a `text`, such as a `Dataset`. */
export type Texts = Iterable<string | { text: string }> | AsyncIterable<string | { text: string }>;

/**
 * Yields the strings in `texts`, in order.
 *
 * @param task the purpose of the texts, for errors, such as "train a tokenizer"
 * @throws {ConfigError} when `texts` is not iterable, or a single string
 * @throws {DataError} for a record without a text
 */
export async function* stringsOf(texts: Texts, task: string): AsyncGenerator<string> {
  if (!isIterable(texts)) {
    throw new ConfigError(
      `Cannot ${task}: texts must be a Dataset or an iterable of strings, current value is ${show(texts)}`,
      { value: texts },
    );
  }
  let index = 0;
  for await (const record of texts as AsyncIterable<unknown>) {
    const text = typeof record === "string" ? record : (record as { text?: unknown } | null)?.text;
    if (typeof text !== "string") {
      throw new DataError(
        `Cannot ${task}: record ${index} must be a string or an object with a text, current value is ${
          show(record)
        }`,
      );
    }
    yield text;
    index++;
  }
}

function isIterable(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value);
}
