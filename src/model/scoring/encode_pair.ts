/**
 * Token ids of a prompt and its continuation, joined as the LM evaluation harness does.
 *
 * In Gao et al. 2021 trailing spaces of the prompt move to the continuation, whose ids are those of the whole after the
 * first len(encode(prompt)). Where the last characters of the prompt and the first of the continuation form one token, the
 * ids of the prompt alone are not a beginning of the whole; where the whole then has no id left, the ids are scored in
 * which it differs from the prompt, the token that spans the join being the first [ours].
 *
 * @module
 */

/** A prompt and a continuation as token ids. */
export interface EncodedPair {
  /** Ids of the prompt. */
  promptIds: number[];
  /** Ids of the continuation. */
  continuationIds: number[];
  /** True when a token spans the join, so that the ids of the prompt alone are no beginning of the whole. */
  spansJoin: boolean;
}

/** Encodes a prompt and its continuation. Without a prompt the continuation is encoded alone. */
export function encodePair(
  encode: (text: string) => ArrayLike<number>,
  prompt: string,
  continuation: string,
): EncodedPair {
  const trimmed = prompt.trimEnd();
  const rest = prompt.slice(trimmed.length) + continuation;
  const whole = Array.from(encode(trimmed + rest));
  if (trimmed === "") return { promptIds: [], continuationIds: whole, spansJoin: false };
  const promptIds = Array.from(encode(trimmed));
  let common = 0;
  while (common < promptIds.length && promptIds[common] === whole[common]) common++;
  const spansJoin = common < promptIds.length;
  const split = spansJoin && whole.length <= promptIds.length;
  return {
    promptIds: split ? whole.slice(0, common) : promptIds,
    continuationIds: whole.slice(split ? common : promptIds.length),
    spansJoin,
  };
}
