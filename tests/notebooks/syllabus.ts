/**
 * The table of the course in notebooks/README.md: sections and goals from course.ts, titles, times and needs from the first
 * cells of the notebooks.
 *
 *     deno run -A tests/notebooks/syllabus.ts      writes the table
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../repo/tree.ts";
import { course, notebookPath } from "./course.ts";
import { joined, readNotebook } from "./notebook.ts";

const README = join(root, "notebooks", "README.md");

/** The table with its marks. */
const TABLE = /(<!-- syllabus -->\n+)([\s\S]*?)(\n+<!-- end of the syllabus -->)/;

/** Returns the rows of the table, its head first. */
export async function syllabus(): Promise<string[][]> {
  const rows = [["notebook", "section", "goal", "time", "needs"]];
  for (const { name, section, goal } of course) {
    const { title, time, needs } = await headOf(notebookPath(name));
    rows.push([title ? `[${name.slice(0, 2)} ${title}](${name}.ipynb)` : name, section, goal, time, needs]);
  }
  return rows;
}

/** Returns the rows that stand in the page. */
export async function syllabusIn(): Promise<string[][]> {
  const table = TABLE.exec(await Deno.readTextFile(README))?.[2] ?? "";
  const rows = table.split("\n").map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return rows.filter((_, i) => i !== 1);
}

/** Reads a notebook's title, and what its first cell says behind "Time" and "Needs"; all empty for a missing notebook. */
async function headOf(path: string): Promise<{ title: string; time: string; needs: string }> {
  if (!existsSync(path)) return { title: "", time: "", needs: "" };
  const text = joined((await readNotebook(path)).cells[0].source);
  const title = /^# (.+)/.exec(text)?.[1].trim() ?? "";
  const facts = text.split("\n\n").find((part) => /Time\b[\s\S]*Needs\b/.test(part)) ?? "";
  const [, time = "", needs = ""] = /Time[:*\s]+([\s\S]+?)[.\s*]+Needs[:*\s]+([\s\S]+?)[.\s]*$/.exec(facts) ??
    [];
  return { title, time: oneLine(time), needs: oneLine(needs) };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "/").trim();
}

if (import.meta.main) {
  const [head, ...rows] = await syllabus();
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const page = await Deno.readTextFile(README);
  await Deno.writeTextFile(
    README,
    page.replace(TABLE, (_, start, __, end) => start + lines.join("\n") + end),
  );
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", README], cwd: root }).output();
}
