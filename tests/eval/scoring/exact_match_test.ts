// The normalisation of closed-book answers beside the official scripts' values, computed by running their functions:
// SQuAD (Rajpurkar et al. 2016), TriviaQA (Joshi et al. 2017) and NaturalQuestions' open version (NFD, then SQuAD's).
import assert from "node:assert/strict";
import { exactMatch } from "../../../src/eval/mod.ts";
import { normalisers } from "../../../src/eval/scoring/exact_match.ts";

/** Text, and its value by SQuAD, by TriviaQA, by NaturalQuestions. Ours is SQuAD's, as the paper describes it. */
const values: [text: string, squad: string, triviaqa: string, naturalQuestions: string][] = [
  ["The The", "", "", ""],
  ["the", "", "", ""],
  ["A.", "", "", ""],
  ["  an Apple  a day.", "apple day", "apple day", "apple day"],
  ["U.S.A.", "usa", "u s", "usa"],
  ["Jay-Z", "jayz", "jay z", "jayz"],
  ["rock 'n' roll", "rock n roll", "rock n roll", "rock n roll"],
  ["Theatre", "theatre", "theatre", "theatre"],
  ["$1,000", "1000", "1 000", "1000"],
  ["snake_case", "snakecase", "snake case", "snakecase"],
  ["Beyonc\u00e9", "beyonc\u00e9", "beyonc\u00e9", "beyonce\u0301"],
  ["Beyonce\u0301", "beyonce\u0301", "beyonce\u0301", "beyonce\u0301"],
  ["\u00e0 la carte", "\u00e0 la carte", "\u00e0 la carte", "\u0300 la carte"],
  ["Queen\u2019s Speech", "queen\u2019s speech", "queen s speech", "queen\u2019s speech"],
  ["New\tYork\u00a0City", "new york city", "new york city", "new york city"],
  ["caf\u00e9 a", "caf\u00e9", "caf\u00e9", "cafe\u0301"],
  ["The \u00c9toile", "\u00e9toile", "\u00e9toile", "e\u0301toile"],
  ["\u0130stanbul", "i\u0307stanbul", "i\u0307stanbul", "i\u0307stanbul"],
  ["STRASSE \u00df", "strasse \u00df", "strasse \u00df", "strasse \u00df"],
  [
    "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3",
    "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3",
    "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3",
    "\u03c3\u03b9\u0301\u03c3\u03c5\u03c6\u03bf\u03c3",
  ],
  ["a\u0301 the", "\u0301", "\u0301", "\u0301"],
  ["x\u200by", "x\u200by", "x\u200by", "x\u200by"],
  ["\ufeffPeru", "\ufeffperu", "\ufeffperu", "\ufeffperu"],
  ["1\u00bd", "1\u00bd", "1\u00bd", "1\u00bd"],
  ["The\u3000Beatles", "beatles", "beatles", "beatles"],
  ["an\u0085hour", "hour", "hour", "hour"],
  ["\u2014dash\u2014", "\u2014dash\u2014", "\u2014dash\u2014", "\u2014dash\u2014"],
  ["\u201cquoted\u201d", "\u201cquoted\u201d", "\u201cquoted\u201d", "\u201cquoted\u201d"],
  ["C++", "c", "c", "c"],
  ["!?", "", "", ""],
  ["100%", "100", "100", "100"],
  ["a-the-b", "atheb", "b", "atheb"],
  ["A's", "as", "s", "as"],
  ["\u0661\u0662", "\u0661\u0662", "\u0661\u0662", "\u0661\u0662"],
];

/** Ours where it is not SQuAD's: an accent that stands alone belongs to its letter, which is then no article. */
const ours: Record<string, string> = { "a\u0301 the": "\u00e1", "Beyonce\u0301": "beyonc\u00e9" };

Deno.test("normalised words are those of SQuAD's script", () => {
  for (const [text, squad] of values) {
    assert.equal(normalisers.words(text), ours[text] ?? squad, JSON.stringify(text));
  }
});

Deno.test("TriviaQA's script differs where punctuation stands inside a word, NaturalQuestions' where an accent does", () => {
  const differs = (column: 2 | 3) =>
    values.filter((row) => row[column].normalize() !== row[1].normalize()).map(([text]) => text);
  assert.deepEqual(differs(2), [
    "U.S.A.",
    "Jay-Z",
    "$1,000",
    "snake_case",
    "Queen\u2019s Speech",
    "a-the-b",
    "A's",
  ]);
  assert.deepEqual(differs(3), ["\u00e0 la carte"]);
});

Deno.test("both spellings of an accented letter match, an answer of articles alone matches nothing but its like", () => {
  assert.ok(exactMatch("Beyonc\u00e9", ["Beyonce\u0301"]));
  assert.ok(exactMatch("the Beatles!", ["Beatles", "The Beatles"]));
  assert.ok(!exactMatch("Beatle", ["Beatles"]));
});
