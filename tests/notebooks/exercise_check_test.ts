import assert from "node:assert/strict";
import { difference, exercise, verdict } from "../../notebooks/fixtures/check.ts";
import { code, withNotebook } from "./made_up.ts";
import { joined } from "./notebook.ts";
import { runNotebook } from "./run.ts";

const twice = exercise<(x: number) => number>(
  "twice()",
  (answer) => answer(3) === 6 ? undefined : "try it with 3 and count.",
  "Every number is doubled.",
);

async function text<T>(...of: Parameters<typeof verdict<T>>): Promise<string> {
  return (await verdict(...of)).text;
}

Deno.test("a right answer gets Right and its sentence, a wrong one a hint", async () => {
  assert.equal(await text(twice, (x) => 2 * x), "Right. Every number is doubled.");
  assert.equal(await text(twice, (x) => x), "Not yet: try it with 3 and count.");
  assert.equal(await text(exercise<number>("one", () => undefined), 1), "Right. one passes every check.");
});

Deno.test("a check may wait", async () => {
  const later = exercise<number>("five", async (x) => await Promise.resolve(x === 5 ? undefined : "wait."));
  assert.match(await text(later, 5), /^Right\./);
  assert.equal(await text(later, 4), "Not yet: wait.");
});

Deno.test("an exercise that was not begun says what to do", async () => {
  assert.equal(
    await text(twice, undefined),
    "Not yet: twice() is still undefined. Put your answer there and run the cell again.",
  );
});

Deno.test("errors in a student's code become one line without a stack", async () => {
  const broken = await text(twice, () => {
    throw new TypeError("x is\nnot a number");
  });
  assert.equal(broken, "Not yet: your function threw TypeError: x is not a number");
  const odd = {
    toString: () => {
      throw 1;
    },
  };
  for (const thrown of ["words", null, odd, new Error("e".repeat(1000))]) {
    const line = await text(twice, () => {
      throw thrown;
    });
    assert.match(line, /^Not yet: your function threw /);
    assert.ok(line.length < 400 && !line.includes("\n"), line);
  }
  const later = exercise<number>("five", () => Promise.reject(new RangeError("too far")));
  assert.equal(await text(later, 5), "Not yet: checking your answer threw RangeError: too far");
});

Deno.test("a hint cannot inject HTML", async () => {
  assert.doesNotMatch((await verdict(exercise<number>("x", () => "<img>"), 1)).html!, /<img>/);
});

Deno.test("a difference of numbers names the place and the distance, never the expected number", () => {
  assert.equal(difference([1, 2], [1, 2.0000001], 1e-6), undefined);
  assert.match(difference([1, 2, 3.5], Float32Array.of(1, 2, 3.25), 1e-6)!, /^number 2 .* wrong by 0\.25; /);
  assert.match(difference([1], [1, 2], 1)!, /^it has 1 numbers, and 2 are needed/);
  assert.match(difference([1, NaN], [1, 2], 1)!, /^number 1 .* is NaN/);
  assert.match(difference(undefined as unknown as number[], [1], 1)!, /has no length/);
});

Deno.test("in a notebook prediction and check are one output each, and an exercise may be declared again", async () => {
  const { notebook, error } = await withNotebook([
    code(`import { predict } from "../../../notebooks/fixtures/predict.ts";
import { check, exercise } from "../../../notebooks/fixtures/check.ts";
const twice = exercise<(x: number) => number>("twice()", (f) => f(3) === 6 ? undefined : "no.");
const loss = predict("A question that only a test asks", undefined);
loss`),
    code(`await loss.beside(3, { paper: 4 });`),
    code(`function two(x) {\n  return x;\n}\nconst rate = 1;\nawait check(twice, two);`),
    code(`function two(x) {\n  return 2 * x;\n}\nconst rate = 2;\nawait check(twice, two);`),
  ], (path) => runNotebook(path));
  assert.equal(error, undefined);
  const shown = notebook.cells.map(({ outputs }) =>
    outputs!.map((output) => joined(output.data!["text/plain"] as string))
  );
  assert.match(shown[0][0], /^A question that only a test asks\n {2}prediction {2}no prediction/);
  assert.match(shown[1][0], /result +3\n +the paper +4$/);
  assert.deepEqual(shown.slice(2), [["Not yet: no."], ["Right. twice() passes every check."]]);
  assert.deepEqual(shown.map((outputs) => outputs.length), [1, 1, 1, 1]);
});
