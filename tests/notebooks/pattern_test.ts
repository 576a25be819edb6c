import assert from "node:assert/strict";
import { join } from "node:path";
import { runCourse } from "./course_run.ts";
import { checkNotebooks } from "./check.ts";
import { code, withNotebook } from "./made_up.ts";
import type { Cell, Notebook } from "./notebook.ts";
import { patternComplaints, questionsOf } from "./pattern.ts";
import { solutionsIn } from "./solutions.ts";

const text = (source: string): Cell => ({ cell_type: "markdown", source });
const tick = "```";

/** The cells of a notebook that keeps every rule. */
function cells(): Cell[] {
  const exercises = [1, 2, 3].flatMap((i) => [
    text(`### ${i}. A task\n\nTo do.`),
    code(`const answer${i}: number | undefined = undefined;\nawait check(task, answer${i});`, "exercise"),
  ]);
  return [
    text("# Title\n\nA question.\n\n**Time** 1 minute. **Needs** nothing."),
    text("## The paper says\n\n[Section 2.2](https://arxiv.org/abs/2302.13971):\n\n$$x = 1$$"),
    code(`import { check, exercise } from "../../../notebooks/fixtures/check.ts";
import { predict } from "../../../notebooks/fixtures/predict.ts";
const task = exercise<number>("answer", (x) => x === 6 ? undefined : "no.");
"a picture"`),
    text("## Predict"),
    code(`const sum = predict("The sum of a made-up course", undefined);\nsum`),
    text("## The sum\n\nIt is counted."),
    code(`await sum.beside(6, { paper: 7 });`),
    text("## Beside the paper\n\nThe same."),
    text("## Exercises"),
    ...exercises,
    text("## Where this lives in the code\n\n- [a](../README.md)\n- [b](../mod.ts)"),
    text("## For the teacher\n\nTwo minutes."),
  ];
}

const page = `# Solutions\n\n${
  [1, 2, 3].map((i) =>
    `## ${i}. A task\n\nWords.\n\n${tick}ts\nconst answer${i} = 6;\nawait check(task, answer${i});\n${tick}\n`
  ).join("\n")
}`;

/** Returns the complaints about the notebook after a change of one cell's source. */
function complaints(from: string, to: string, solutions = page): string[] {
  const changed = cells().map((cell) => ({ ...cell, source: (cell.source as string).replace(from, to) }));
  return patternComplaints("notebooks/x.ipynb", { cells: changed }, solutionsIn(solutions));
}

Deno.test("a notebook that keeps every rule has no complaints", () => {
  assert.deepEqual(complaints("", ""), []);
  const notebook: Notebook = { cells: cells() };
  assert.deepEqual(questionsOf(notebook), ["The sum of a made-up course"]);
});

for (
  const [from, to, complaint] of [
    ["# Title", "Title", /no title/],
    ["**Needs**", "Wants", /Time and Needs/],
    ["## Predict", "## Guess", /the headings are/],
    ["## The sum", "The sum", /no heading of its own/],
    ["### 1. A task", "## 1. A task", /"1. A task" stands outside the experiment/],
    ["https://arxiv.org/abs/2302.13971", "https://arxiv.org", /no link to arXiv/],
    ["Section 2.2", "It", /no section of the paper/],
    ["$$x = 1$$", "x = 1", /no formula/],
    ["undefined);\nsum", "5);\nsum", /1 of 1 calls of predict\(\) hold a guess/],
    ["sum.beside(6, { paper: 7 })", "sum.show()", /the prediction sum never stands/],
    ["### 2. A task", "### A task", /"### 2\. \.\.\." stands before exercise 2/],
    ["await check(task, answer3);", "answer3;", /exercise 3 does not end in await check/],
    [
      "await check(task, answer3);",
      "await check(other, answer3);",
      /solution 3 does not end in await check\(other/,
    ],
    ["../mod.ts", "../mud.ts", /\.\.\/mud\.ts leads to no file/],
    ["- [b](../mod.ts)", "", /fewer than two links/],
    ["\n\nTwo minutes.", "", /For the teacher: nothing/],
  ] as const
) {
  Deno.test(`without ${JSON.stringify(from)} the pattern is broken`, () => {
    const found = complaints(from, to);
    assert.ok(found.some((line) => complaint.test(line)), found.join("\n"));
  });
}

Deno.test("a missing solution and a section without one block of code are refused", () => {
  const [head, ...sections] = page.split(/^(?=## )/m);
  assert.match(complaints("", "", head + sections.slice(0, 2).join(""))[0], /holds 2 solutions of 3/);
  assert.match(complaints("", "", page.replace("## 2.", "## 4."))[0], /solution 2 is headed "4\. A task"/);
  assert.throws(() => solutionsIn("## 1. A\n\nNo code."), /"1\. A" has 0 ts blocks/);
});

/** Runs `use` with the notebook and the solutions beside it. */
function withSolutions<T>(solutions: string, use: (path: string) => Promise<T>): Promise<T> {
  return withNotebook(cells(), async (path) => {
    await Deno.mkdir(join(path, "..", "solutions"));
    await Deno.writeTextFile(join(path, "..", "solutions", "made_up.md"), solutions);
    return await use(path);
  });
}

Deno.test("one run tests a notebook as shipped and each solution after its exercise", async () => {
  const { run, complaints } = await withSolutions(page, runCourse);
  assert.deepEqual(complaints, []);
  assert.equal(run.notebook.cells.length, cells().length, "the solutions are no part of the notebook");
  if (Deno.build.os === "linux") assert.ok([...run.seconds.values()].every((seconds) => seconds >= 0));
});

Deno.test("a solution that is not right, and an exercise that arrives solved, are complaints", async () => {
  const wrong = await withSolutions(page.replace("answer2 = 6", "answer2 = 5"), runCourse);
  assert.deepEqual(wrong.complaints, [
    `exercise 2 with its solution says "Not yet: no.", not "Right"`,
  ]);
  const solved = cells().map((cell) => ({
    ...cell,
    source: (cell.source as string).replace("answer1: number | undefined = undefined", "answer1 = 6"),
  }));
  const { complaints } = await withNotebook(solved, runCourse);
  assert.match(complaints[0], /^exercise 1 as shipped says "Right\. .*", not "Not yet"$/);
  assert.match(complaints[1], /^exercise 1 with its solution says "no solution"/);
});

Deno.test("the solutions are type-checked in place of the exercises", async () => {
  assert.equal(await withSolutions(page, (path) => checkNotebooks([path])), undefined);
  const found = await withSolutions(
    page.replace("answer3 = 6", `answer3: string = "6"`),
    (path) => checkNotebooks([path]),
  );
  assert.match(found!, /TS2345/);
  assert.match(found!, /made_up\.ipynb with its solutions, cell 15, line 2/);
});
