/**
 * The pattern that every notebook of the course follows: its headings in order, a formula, a prediction, three exercises.
 *
 *     deno run -A tests/notebooks/pattern.ts [FILES]      lists the complaints, by default of all of notebooks/
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { linkComplaints } from "../repo/pages.ts";
import { root } from "../repo/tree.ts";
import { type Cell, isCode, joined, type Notebook, notebookFiles, readNotebook } from "./notebook.ts";
import { exercisesOf, readSolutions, type Solution } from "./solutions.ts";

/** The headings of every notebook, in order; the experiment's own headings stand between the second and the third. */
export const headings: readonly string[] = [
  "The paper says",
  "Predict",
  "Beside the paper",
  "Exercises",
  "Where this lives in the code",
  "For the teacher",
];

/** The exercises of every notebook. */
const EXERCISES = 3;

/** A call of `predict` as a student finds it: a question, and no guess yet. */
const OPEN_PREDICTION = /\bpredict\(\s*("(?:\\.|[^"\\])*"|`[^`]*`),\s*undefined\b/g;

/** Returns complaints about a notebook; `path` is its path from the root. */
export function patternComplaints(
  path: string,
  notebook: Notebook,
  solutions: readonly Solution[],
): string[] {
  const found = [
    ...openingComplaints(notebook),
    ...headingComplaints(notebook),
    ...paperComplaints(notebook),
    ...predictionComplaints(notebook),
    ...exerciseComplaints(notebook),
    ...solutionComplaints(notebook, solutions),
    ...placeComplaints(notebook),
  ];
  return [...found.map((complaint) => `${path}: ${complaint}`), ...links(path, notebook)];
}

/** Returns the questions of a notebook's predictions. */
export function questionsOf(notebook: Notebook): string[] {
  return [...codeOf(notebook).matchAll(OPEN_PREDICTION)].map(([, question]) => question.slice(1, -1));
}

function openingComplaints({ cells: [first] }: Notebook): string[] {
  const text = first?.cell_type === "markdown" ? joined(first.source) : "";
  return [
    ...text.startsWith("# ") ? [] : ["the first cell is no title (# Title)"],
    ...text.split("\n\n").some((part) => /Time/.test(part) && /Needs/.test(part))
      ? []
      : ["the first cell does not say Time and Needs in one line"],
  ];
}

function headingComplaints(notebook: Notebook): string[] {
  const all = headingsOf(notebook);
  const own = all.filter((heading) => headings.includes(heading));
  if (own.join("\n") !== headings.join("\n")) {
    return [`the headings are ${own.join(", ")} instead of ${headings.join(", ")}`];
  }
  const others = all.slice(all.indexOf(headings[1]) + 1, all.indexOf(headings[2]));
  const stray = all.filter((heading) => !headings.includes(heading) && !others.includes(heading));
  return [
    ...others.length
      ? []
      : ["the experiment has no heading of its own, between Predict and Beside the paper"],
    ...stray.map((heading) => `the heading "${heading}" stands outside the experiment`),
  ];
}

function paperComplaints(notebook: Notebook): string[] {
  const text = markdownOf(sectionOf(notebook, "The paper says"));
  return [
    ...text.includes("https://arxiv.org/abs/2302.13971")
      ? []
      : ["The paper says: no link to arXiv 2302.13971"],
    .../section|table|appendix/i.test(text) ? [] : ["The paper says: no section of the paper is named"],
    ...markdownOf(notebook.cells).includes("$$") ? [] : ["there is no formula ($$ ... $$)"],
    ...sectionOf(notebook, "The paper says").some(isCode) || /!\[|```mermaid/.test(text)
      ? []
      : ["there is no picture between The paper says and Predict"],
  ];
}

function predictionComplaints(notebook: Notebook): string[] {
  const code = codeOf(notebook);
  const calls = code.match(/\bpredict\(/g)?.length ?? 0;
  const inSection = sectionOf(notebook, "Predict").some((cell) =>
    isCode(cell) && /\bpredict\(/.test(joined(cell.source))
  );
  const open = questionsOf(notebook).length;
  const names = [...code.matchAll(/\b(?:const|let) (\w+) = predict\(/g)].map(([, name]) => name);
  return [
    ...inSection ? [] : ["Predict: no cell calls predict()"],
    ...open === calls
      ? []
      : [`${calls - open} of ${calls} calls of predict() hold a guess, or no plain question`],
    ...names.filter((name) => !new RegExp(`\\b${name}\\.(beside|compared)\\(`).test(code))
      .map((name) => `the prediction ${name} never stands beside its result`),
  ];
}

function exerciseComplaints(notebook: Notebook): string[] {
  const all = exercisesOf(notebook);
  const section = sectionOf(notebook, "Exercises");
  return [
    ...all.length === EXERCISES ? [] : [`${all.length} cells are tagged exercise instead of ${EXERCISES}`],
    ...all.flatMap((cell, i) => {
      const before = notebook.cells[notebook.cells.indexOf(cell) - 1];
      const title = before?.cell_type === "markdown" ? joined(before.source) : "";
      return [
        ...section.includes(cell) ? [] : [`exercise ${i + 1} stands outside Exercises`],
        ...new RegExp(`(^|\\n)### ${i + 1}\\. \\S`).test(title)
          ? []
          : [`no markdown cell with "### ${i + 1}. ..." stands before exercise ${i + 1}`],
        ...checkOf(joined(cell.source)) ? [] : [`exercise ${i + 1} does not end in await check(...)`],
      ];
    }),
  ];
}

function solutionComplaints(notebook: Notebook, solutions: readonly Solution[]): string[] {
  const exercises = exercisesOf(notebook);
  if (solutions.length !== exercises.length) {
    return [`notebooks/solutions holds ${solutions.length} solutions of ${exercises.length} exercises`];
  }
  return solutions.flatMap(({ heading, code }, i) => {
    const asked = checkOf(joined(exercises[i].source));
    return [
      ...heading.startsWith(`${i + 1}. `) ? [] : [`solution ${i + 1} is headed "${heading}"`],
      ...checkOf(code) === asked ? [] : [`solution ${i + 1} does not end in await check(${asked}, ...)`],
    ];
  });
}

/** Returns the exercise that a cell checks in its last statement; undefined for none. */
function checkOf(code: string): string | undefined {
  return /(?:^|\n)await check\(\s*([\w.]+(?:\([^()]*\))?)\s*,[\s\S]*\);?\s*$/.exec(code)?.[1];
}

function placeComplaints(notebook: Notebook): string[] {
  const text = markdownOf(sectionOf(notebook, "Where this lives in the code"));
  const places = text.match(/\]\(\.\.\/[^)]+\)/g)?.length ?? 0;
  const teacher = markdownOf(sectionOf(notebook, "For the teacher"));
  return [
    ...places >= 2 ? [] : ["Where this lives in the code: fewer than two links"],
    ...teacher.split("\n").length > 1 ? [] : ["For the teacher: nothing"],
  ];
}

function links(path: string, notebook: Notebook): string[] {
  const text = markdownOf(notebook.cells).replaceAll(/\$\$[\s\S]*?\$\$|\$[^$\n]+\$/g, "");
  const read = (file: string) => existsSync(join(root, file)) ? "" : undefined;
  return linkComplaints({ path, text }, read).map((complaint) => complaint.replace(/:\d+: /, ": "));
}

function headingsOf({ cells }: Notebook): string[] {
  return [...markdownOf(cells).matchAll(/^## (.+?)\s*$/gm)].map(([, heading]) => heading);
}

/** Returns the cells of a section, from its heading to the next one of that level; text is cut at the headings. */
function sectionOf({ cells }: Notebook, heading: string): Cell[] {
  const parts = cells.flatMap((cell) =>
    cell.cell_type === "markdown"
      ? joined(cell.source).split(/^(?=## )/m).map((source): Cell => ({ ...cell, source }))
      : [cell]
  );
  const titles = parts.map((cell) =>
    cell.cell_type === "markdown" ? titleOf(joined(cell.source)) : undefined
  );
  const start = titles.indexOf(heading);
  if (start < 0) return [];
  const end = titles.findIndex((title, i) => i > start && title !== undefined);
  return parts.slice(start, end < 0 ? undefined : end);
}

function titleOf(text: string): string | undefined {
  return /^## (.+?)\s*$/m.exec(text)?.[1];
}

function markdownOf(cells: readonly Cell[]): string {
  return cells.filter((cell) => cell.cell_type === "markdown").map(({ source }) => joined(source)).join(
    "\n\n",
  );
}

function codeOf({ cells }: Notebook): string {
  return cells.filter(isCode).map(({ source }) => joined(source)).join("\n");
}

if (import.meta.main) {
  const complaints: string[] = [];
  for (const path of Deno.args.length ? Deno.args : notebookFiles()) {
    complaints.push(
      ...patternComplaints(
        `notebooks/${basename(path)}`,
        await readNotebook(path),
        await readSolutions(path),
      ),
    );
  }
  console.log([...complaints, `${complaints.length} complaints`].join("\n"));
  Deno.exit(complaints.length ? 1 : 0);
}
