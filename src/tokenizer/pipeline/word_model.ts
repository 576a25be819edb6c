/**
 * The interface of the models of a tokenizer.json.
 *
 * @module
 */

/** An encoder of words. */
export interface WordModel {
  /** Ids by token. */
  vocab: ReadonlyMap<string, number>;
  /** Returns the ids of a word. */
  encode(word: string): number[];
  /** Id for what the vocabulary cannot represent. */
  unknown?: number;
  /** True where a word can be cut in front of each run of U+2581 without a change of ids. */
  staysInWords?: boolean;
}
