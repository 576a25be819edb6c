/**
 * Proof that llama.cpp's SentencePiece encoder gives the ids of a list of merges.
 *
 * It joins any two neighbours whose texts together are a piece, the piece of the highest score first, then the leftmost; a
 * list of merges joins only the pairs that it holds, the first one first. A piece's score is minus the rank of its first
 * merge. Both give the same ids unless one of two things can happen in some text:
 *
 * - neighbours L and R stand beside each other, L R is a piece, and the list does not hold the pair;
 * - of neighbours L, R, Y the list joins R and Y first and the scores join L and R first, or the other way round.
 *
 * Tokens that stand beside each other in a text do so in the text that consists of them alone, at the same rank: nothing
 * that happened around them touched them. So each case is tried on that text.
 *
 * @module
 */
import { mergesOf, type Piece } from "../../../tokenizer/llama/pieces.ts";

type Pair = readonly [left: string, right: string];

/** Returns the reason why the ids differ in some text; undefined where they never do. */
export function mergeObstacle(pieces: readonly Piece[], merges: readonly Pair[]): string | undefined {
  const ranks = new Map(merges.map((pair, rank) => [pair.join(" "), rank]));
  const firstRank = new Map<string, number>();
  merges.forEach(([left, right], rank) => {
    if (!firstRank.has(left + right)) firstRank.set(left + right, rank);
  });
  for (const pair of mergesOf(pieces)) {
    if (!ranks.has(pair.join(" ")) && stand(pair, ranks, merges.length)) {
      return `llama.cpp would join ${pair.join(" and ")}, the tokenizer does not`;
    }
  }
  const byLeft = Map.groupBy(merges.keys(), (rank) => merges[rank][0]);
  const byRight = Map.groupBy(merges.keys(), (rank) => merges[rank][1]);
  for (const [rank, [left, right]] of merges.entries()) {
    const first = firstRank.get(left + right)!;
    if (rank === first) continue;
    const other = (neighbour: number, isRight: boolean): string | undefined => {
      if (neighbour <= first || neighbour >= rank) return undefined;
      const [x, y] = merges[neighbour];
      const wins = firstRank.get(x + y)!;
      // Equal scores: the left pair is joined first.
      const overtakes = first < wins || isRight && first === wins;
      if (!overtakes) return undefined;
      const three = isRight ? [left, right, y] : [x, left, right];
      if (!stand(three, ranks, neighbour)) return undefined;
      return `llama.cpp would join ${left} and ${right} of ${three.join(", ")}, the tokenizer the others`;
    };
    for (const neighbour of byLeft.get(right) ?? []) {
      const found = other(neighbour, true);
      if (found) return found;
    }
    for (const neighbour of byRight.get(left) ?? []) {
      const found = other(neighbour, false);
      if (found) return found;
    }
  }
}

/** Returns true when the merges below rank `limit` turn the joined text of `tokens` into just these tokens. */
function stand(tokens: readonly string[], ranks: ReadonlyMap<string, number>, limit: number): boolean {
  const parts = [...tokens.join("")];
  while (parts.length > tokens.length) {
    let best = limit;
    let at = -1;
    for (let i = 1; i < parts.length; i++) {
      const rank = ranks.get(`${parts[i - 1]} ${parts[i]}`) ?? limit;
      if (rank < best) best = rank, at = i;
    }
    if (at < 0) return false;
    parts.splice(at - 1, 2, parts[at - 1] + parts[at]);
  }
  return parts.every((part, i) => part === tokens[i]);
}
