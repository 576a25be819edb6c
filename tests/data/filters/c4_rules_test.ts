import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { BadWords } from "../../../src/data/filters/bad_words.ts";
import { clean, type CleanOptions, cleanRules } from "../../../src/data/filters/c4_rules.ts";
import { countSentences } from "../../../src/data/text/sentences.ts";
import { failure } from "../fixtures.ts";

const good = "This is a good line.";
const words = new BadWords(["darn", "heck no", "2bad"]);

/** Returns the cleaned page, or the reason that it is dropped. */
function page(lines: string[], options: CleanOptions = {}): string[] | string {
  const verdict = clean(
    lines.join("\n"),
    cleanRules({ leastSentences: false, ...options }),
    () => {},
    words,
  );
  return "drop" in verdict ? verdict.drop : verdict.text.split("\n");
}

Deno.test("each rule drops its line or its page, and can be switched off", () => {
  const cases: [CleanOptions, string, string[] | string][] = [
    [{ endMarks: false }, "A line of five words", [good]],
    [{ endMarks: false }, "A line that trails off...", [good]],
    [{ endMarks: false }, "A line that trails off…", [good]],
    [{ endMarks: false }, "A line in curly quotes.”", [good]],
    [{ endMarks: false }, "A line (with brackets at its end.)", [good]],
    [{ leastWords: false }, "Only four words here.", [good]],
    [{ longestWord: false }, `A line with a ${"w".repeat(1001)}.`, [good]],
    [{ loremIpsum: false }, "Here stands Lorem Ipsum for nothing.", "lorem ipsum"],
    [{ javascript: false }, "Please switch on JavaScript to go on.", [good]],
    [{ curlyBrace: false }, "A line with a { in it.", "curly brace"],
    [{ policies: false }, "We have a Privacy Policy for you.", [good]],
    [{ policies: false }, "This page uses cookies for all.", [good]],
  ];
  for (const [off, line, expected] of cases) {
    assert.deepEqual(page([line, good]), expected, line);
    assert.deepEqual(page([line, good], off), [line, good], `${line} with ${JSON.stringify(off)}`);
  }
  assert.deepEqual(page(["x".repeat(100), good], { longestPage: 50 }), "too long");
});

Deno.test("values equal to a limit stay", () => {
  const stays = [
    "One two three four five.",
    `A line with a ${"w".repeat(999)}.`,
    'He said "yes it is a line"',
    "Is this not a line?",
  ];
  assert.deepEqual(page(stays), stays);
});

Deno.test("order matters: a line that a rule dropped is not checked by the next", () => {
  assert.deepEqual(page(["if (x) { return", good]), [good]);
  assert.deepEqual(page(["two words {.", good]), [good]);
  assert.deepEqual(page(["some javascript code is function() { }.", good]), [good]);
  assert.deepEqual(page(["A citation hides the end mark.[3]", good]), [
    "A citation hides the end mark.",
    good,
  ]);
  assert.deepEqual(page(["One two three four [12] .", good]), ["One two three four  .", good]);
  assert.deepEqual(page(["One two three [edit] four.", good]), [good]);
});

Deno.test("bad words are found between characters that are no letters, and not within words", () => {
  const bad = [
    "It is a darn good line.",
    "It is (darn) good to be.",
    "It is darn. So be it.",
    "Oh what the heck no way.",
    "This is 1 2bad 3 line.",
  ];
  for (const line of bad) assert.equal(page([line]), "bad word", line);
  const fine = [
    "Darn it is a good line.",
    "It is darning a good line.",
    "It undarns a good line.",
    "Oh what the heck now yes.",
    "It is a good line, darn",
  ];
  for (const line of fine) assert.deepEqual(page([line], { endMarks: false }), [line], line);
});

Deno.test("sentences are counted without abbreviations, and a page of fewer than three goes", async () => {
  const counts: [string, number][] = [
    ["One. Two! Three?", 3],
    ["Mr. Smith met Dr. Jones at 3.14 p.m. today.", 1],
    ["J. R. R. Tolkien wrote it. He did.", 2],
    ['"Stop." He stopped... Then "Go!" And so on', 4],
    ["No end mark", 1],
    ["", 0],
  ];
  for (const [text, count] of counts) assert.equal(countSentences(text), count, text);
  const three = `${good} ${good}\n${good}`;
  const two = `${good}\n${good}`;
  const stats = await Dataset.from([{ text: three }, { text: two }, { text: "nothing\nat all" }]).clean()
    .stats();
  assert.equal(stats.steps[1].kept, 1);
  assert.deepEqual(stats.steps[1].dropped, { "few sentences": 2 });
  assert.deepEqual(stats.steps[1].notes, { "lines without end mark": 2 });
});

Deno.test("lists of bad words exist for many languages, and a wrong name is refused", async () => {
  const page = Dataset.from([{ text: "Das ist eine Scheisse hier auf Erden." }]);
  assert.equal((await page.clean({ badWords: "en", leastSentences: 1 }).toArray()).length, 1);
  assert.equal((await page.clean({ badWords: ["scheisse"], leastSentences: 1 }).toArray()).length, 0);
  assert.match(
    (await failure(() => page.clean({ badWords: "xx" }).toArray())).message,
    /no list for that language/,
  );
  assert.throws(
    () => page.clean({ leastWords: 0 }),
    /clean\.leastWords: must be a whole number of at least 1, or false/,
  );
});
