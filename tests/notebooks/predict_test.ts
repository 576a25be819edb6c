import assert from "node:assert/strict";
import { join } from "node:path";
import { PredictionStore } from "../../notebooks/fixtures/kept_predictions.ts";
import { type Answer, Prediction, type PredictOptions } from "../../notebooks/fixtures/predict.ts";
import { inFolder } from "../support/folder.ts";

/** Calls `use` with a maker of predictions whose file is new, and with the way to a new kernel. */
function withFile(
  use: (
    guess: (guess: Answer | undefined, options?: PredictOptions) => Prediction,
    restart: () => void,
    path: string,
  ) => void,
): Promise<void> {
  return inFolder((folder) => {
    const path = join(folder, "runs", "predictions.json");
    let store = new PredictionStore(path);
    const restart = () => void (store = new PredictionStore(path));
    use((guess, options = {}) => new Prediction("First loss", guess, options, store), restart, path);
  });
}

function facts(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split("\n").slice(1).map((line) => line.trim().split(/ {2,}/) as [string, string]),
  );
}

Deno.test("a prediction shows its question, what was typed, unit and choices", () =>
  withFile((guess) => {
    assert.deepEqual(String(guess(6.9, { unit: "nats" })).split("\n")[0], "First loss");
    assert.equal(facts(String(guess(6.9, { unit: "nats" }))).prediction, "6.9 nats");
    assert.match(facts(String(guess(undefined))).prediction, /^no prediction: type yours/);
    const choices = ["it falls", "it rises"];
    assert.deepEqual(facts(String(guess("It falls", { choices }))), {
      prediction: "It falls",
      choices: "it falls | it rises",
    });
    assert.equal(facts(String(guess("up", { choices }))).prediction, "up (not one of the choices)");
    for (const none of ["  ", NaN]) assert.match(facts(String(guess(none))).prediction, /^no prediction/);
  }));

Deno.test("a result stands beside the guess and the paper's number, with their distance", () =>
  withFile((guess) => {
    assert.deepEqual(facts(guess(6, { unit: "nats" }).compared(8, { paper: "ln V" }).text), {
      prediction: "6 nats",
      result: "8 nats",
      "the paper": "ln V",
      apart: "2 nats too low, 25.0% of the result",
    });
  }));

Deno.test("percentages are apart by points", () =>
  withFile((guess) => {
    assert.equal(facts(guess(50, { unit: "%" }).compared(40).text).apart, "10 points too high");
  }));

Deno.test("a guess that is typed with its unit is a number", () =>
  withFile((guess) => {
    assert.equal(guess("40 %", { unit: "%" }).guess, 40);
    assert.equal(guess("1.5nats", { unit: "nats" }).guess, 1.5);
    for (const words of ["%", "all of 40 %", "40"]) assert.equal(guess(words, { unit: "%" }).guess, words);
  }));

Deno.test("a number is near within a tenth of the result, or within the share that is given", () =>
  withFile((guess) => {
    assert.equal(facts(guess(1.09).compared(1).text).apart, "0.09 too high, 9.0% of the result: near");
    assert.equal(
      facts(guess(1.09, { near: 0.01 }).compared(1).text).apart,
      "0.09 too high, 9.0% of the result",
    );
    assert.equal(facts(guess(1.09).compared(0).text).apart, "1.09 too high");
    assert.equal(facts(guess(1.09).compared(1.09).text).apart, "nothing: exactly as predicted");
  }));

Deno.test("a choice is as predicted or another one, words are compared by the reader", () =>
  withFile((guess) => {
    const choices = ["yes", "no"];
    assert.equal(facts(guess("Yes ", { choices }).compared("yes").text).apart, "nothing: as predicted");
    assert.equal(
      facts(guess("Yes ", { choices }).compared("no").text).apart,
      "another answer than predicted",
    );
    assert.equal(facts(guess("Yes ").compared("a little").text).apart, "compare the words yourself");
  }));

Deno.test("without a guess the result says so and nothing is written", () =>
  withFile((guess, _, path) => {
    const shown = facts(guess(undefined).compared(8).text);
    assert.equal(shown.prediction, "no prediction");
    assert.equal(shown.result, "8");
    assert.equal(shown.apart, undefined);
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    assert.equal(facts(String(guess(5))).prediction, "5 (typed after the result was shown)");
  }));

Deno.test("before the result a guess may change; after it the first one stays, also in a new kernel", () =>
  withFile((guess, restart) => {
    guess(5);
    guess(6).compared(8);
    assert.equal(facts(guess(6).compared(8).text).prediction, "6");
    const late = "6 (8 was typed after the result was shown)";
    assert.equal(facts(String(guess(8))).prediction, late);
    restart();
    assert.equal(facts(String(guess(6))).prediction, "6");
    assert.deepEqual(facts(guess(8).compared(8).text), {
      prediction: late,
      result: "8",
      apart: "2 too low, 25.0% of the result",
    });
    assert.equal(facts(String(guess(undefined))).prediction, "6 (removed later)");
  }));

Deno.test("a damaged file is as none, and is written anew; one that cannot be written does not hurt", () =>
  withFile((guess, restart, path) => {
    guess(5).compared(8);
    for (const damaged of ["", "{", "[1, 2]", "null", `{"First loss": 3}`, `{"First loss": {"seen": 1}}`]) {
      Deno.writeTextFileSync(path, damaged);
      restart();
      assert.equal(facts(guess(6).compared(8).text).prediction, "6", damaged);
    }
    restart();
    assert.match(facts(String(guess(7))).prediction, /^6 \(7 was typed/);
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    restart();
    assert.equal(facts(guess(7).compared(8).text).prediction, "7");
  }));

Deno.test("two notebooks that run at once keep both their guesses", () =>
  inFolder((folder) => {
    const path = join(folder, "predictions.json");
    const [one, two] = [new PredictionStore(path), new PredictionStore(path)];
    one.shown("a", 1);
    two.shown("b", 2);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), {
      a: { guess: 1, seen: true },
      b: { guess: 2, seen: true },
    });
  }));

Deno.test("no question and no guess can inject HTML", () =>
  inFolder((folder) => {
    const store = new PredictionStore(join(folder, "predictions.json"));
    const { html } = new Prediction("<img>", "<b>", {}, store).compared("<i>", { paper: "<u>" });
    assert.doesNotMatch(html!, /<(img|b|i|u)>/);
  }));
