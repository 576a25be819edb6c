/**
 * Makes instructions from the book itself: four kinds of question about a sentence, each with one right answer.
 *
 * No answer is much more frequent than another, so that a model that never reads the sentence is seldom right.
 *
 * @module
 */
import { type Conversation, Dataset, type Document } from "@llamero/sdk";

/** A question about a sentence, with its answer. */
export interface Item {
  /** Kind of the question. */
  kind: Kind;
  /** The question and the sentence. */
  prompt: string;
  /** The answer. */
  completion: string;
}

/** A kind of question. */
type Kind = "who or what" | "yes or no" | "first word" | "end";

/** The things that sentences mention, in the number that the answer repeats. */
const things = (
  "whale whales ship ships boat boats sea water head eyes night man men deck captain"
).split(" ");

/** The people that sentences mention by name. */
const people = ["Ahab", "Queequeg", "Starbuck", "Stubb", "Flask"];

/** The first words that are asked for. */
const firstWords = "And But I The It He In What A This For They There So Now His That No How You".split(" ");

/** The marks at the end of a sentence. */
const ends: Record<string, string> = {
  "?": "a question mark",
  "!": "an exclamation mark",
  ".": "a full stop",
};

/** Largest number of items per kind to learn from: an answer of few forms is learned sooner. */
const largest: Record<Kind, number> = { "who or what": 1000, "yes or no": 480, "first word": 1000, end: 300 };

/** A sentence of the book. */
interface Sentence {
  /** The sentence, with a capital letter and a mark at its end. */
  text: string;
  /** False for a part of a sentence, cut at a semicolon. */
  whole: boolean;
}

/** Makes the items to learn from, the kinds in turn. */
export function items(documents: readonly Document[]): Item[] {
  const kinds = kindsOf(sentencesOf(documents));
  return inTurn(kinds.flatMap(({ kind, all }) => inTurn(all, answerOf, largest[kind])), (item) => item.kind);
}

/**
 * Makes `perKind` held-out items of each kind, the kinds in turn. The `documents` were not trained on, and a question that
 * stands among the `learned` ones is left out: some sentences stand twice in the book.
 */
export function heldOutItems(
  documents: readonly Document[],
  learned: readonly Item[],
  perKind = 20,
): Item[] {
  const known = new Set(learned.map(({ prompt }) => prompt));
  const some = kindsOf(sentencesOf(documents)).flatMap(({ all }) => {
    const unknown = all.filter(({ prompt }) => !known.has(prompt));
    return inTurn(inTurn(unknown, answerOf), openingOf, perKind);
  });
  return inTurn(some, ({ kind }) => kind);
}

/** Returns the items as conversations of one question each. */
export function conversations(from: readonly Item[]): Dataset<Conversation> {
  return Dataset.from(from.map(({ prompt, completion }, i) => ({ id: `item ${i}`, prompt, completion })))
    .conversations();
}

/** Returns the sentences, and parts of sentences cut at a semicolon, of 4 to 16 words without quotes and dashes. */
function sentencesOf(documents: readonly Document[]): Sentence[] {
  return documents.flatMap(({ text }) =>
    text.replace(/^CHAPTER \d+\. /, "").replaceAll(/\s+/g, " ").split(/(?<=[.!?;]”?) /)
  ).map((part) => part.replace(/^“/, "").replace(/”$/, "")).filter((part) => {
    const words = part.split(" ").length;
    return words >= 4 && words <= 16 && /^[A-Za-z]/.test(part) && /[a-z][.!?;]$/.test(part) &&
      !/[“”"—:()_]|[.!?;].|\b(Mr|Mrs|Dr|St|etc)\.$/.test(part);
  }).map((part) => ({
    text: part[0].toUpperCase() + part.slice(1).replace(/;$/, "."),
    whole: /^[A-Z].*[^;]$/.test(part),
  }));
}

/** Returns every question that the sentences allow, by kind. */
function kindsOf(sentences: readonly Sentence[]): { kind: Kind; all: Item[] }[] {
  const about = sentences.flatMap(({ text }) => {
    const named = mentionedIn(text);
    return named.length === 1 ? [{ text, named: named[0] }] : [];
  });
  const byName = about.filter(({ named }) => people.includes(named));
  const others = inTurn(
    about.filter(({ named }) => things.includes(named)),
    ({ named }) => named,
    byName.length,
  );
  const kinds: Record<Kind, Item[]> = {
    "who or what": about.map(({ text, named }) =>
      item("who or what", `Who or what does this mention? ${text}`, `It mentions ${withArticle(named)}.`)
    ),
    "yes or no": [...byName, ...others].map(({ text, named }) =>
      item(
        "yes or no",
        `Does this mention a person by name? ${text}`,
        `${people.includes(named) ? "Yes" : "No"}, it mentions ${withArticle(named)}.`,
      )
    ),
    "first word": sentences.flatMap(({ text }) => {
      const word = text.match(/^\w+(?=[ ,])/)?.[0] ?? "";
      return firstWords.includes(word)
        ? [item("first word", `What is the first word? ${text}`, `The first word is “${word}”.`)]
        : [];
    }),
    end: sentences.filter(({ whole }) => whole).map(({ text }) =>
      item("end", `How does this end? ${text}`, `It ends with ${ends[text.at(-1)!]}.`)
    ),
  };
  return Object.entries(kinds).map(([kind, all]) => ({ kind: kind as Kind, all }));
}

function item(kind: Kind, prompt: string, completion: string): Item {
  return { kind, prompt, completion };
}

/** Returns the things and people that a sentence mentions; a person's name has a capital letter. */
function mentionedIn(sentence: string): string[] {
  return [...things, ...people].filter((word) =>
    new RegExp(`(?<![\\w-])${word}(?![\\w-])`, things.includes(word) ? "i" : "").test(sentence)
  );
}

function withArticle(named: string): string {
  return things.includes(named) ? `the ${named}` : named;
}

function answerOf({ completion }: Item): string {
  return completion;
}

/** Returns the first word of the answer, which is "Yes," or "No," in one kind. */
function openingOf({ completion }: Item): string {
  return completion.split(" ")[0];
}

/** Takes the first value of each key, then the second of each, and so on, at most `most` values in all. */
function inTurn<T>(values: readonly T[], keyOf: (value: T) => string, most = values.length): T[] {
  const groups = [...Map.groupBy(values, keyOf).values()];
  const longest = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: longest }, (_, i) => groups.flatMap((group) => group.slice(i, i + 1))).flat()
    .slice(0, most);
}
