/**
 * Type-checks the cells of notebooks, which neither `deno check` nor the kernel does: as they are shipped, and with the
 * solutions in place of the exercises.
 *
 * As a program: `deno run -A tests/notebooks/check.ts [FILES]`, by default all of notebooks/.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { hasTag, isCode, joined, notebookFiles, readNotebook } from "./notebook.ts";
import { readSolutions } from "./solutions.ts";

/**
 * Type-checks each notebook as one module, its cells one after another, and another one with the solutions.
 *
 * @returns the checker's complaints, placed as `file.ipynb cell 3, line 2`; undefined when there are none
 */
export async function checkNotebooks(paths: readonly string[]): Promise<string | undefined> {
  const made: { file: string; name: string; starts: Start[] }[] = [];
  try {
    for (const path of paths) {
      const solutions = (await readSolutions(path)).map(({ code }) => code);
      const variants = solutions.length ? [[], solutions] : [[]];
      for (const solved of variants) {
        const { code, starts } = await moduleOf(path, solved);
        const file = join(
          dirname(resolve(path)),
          `.nbcheck_${basename(path, ".ipynb")}_${crypto.randomUUID()}.ts`,
        );
        await Deno.writeTextFile(file, code);
        made.push({ file, name: basename(path) + (solved.length ? " with its solutions," : ""), starts });
      }
    }
    if (made.length === 0) return undefined;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", ...made.map(({ file }) => file)],
      env: { NO_COLOR: "1" },
    }).output();
    if (code === 0) return undefined;
    const complaints = new TextDecoder().decode(stderr).replace(/^Check .*\n/gm, "");
    return made.reduce(
      (text, { file, name, starts }) => withCells(text, pathToFileURL(file).href, name, starts),
      complaints,
    );
  } finally {
    for (const { file } of made) await Deno.remove(file);
  }
}

/** The beginning of a cell in the module. */
interface Start {
  /** Number of the cell, from 1 over all cells. */
  cell: number;
  /** Line of the module, from 1, that holds the cell's first line. */
  line: number;
}

/**
 * Joins a notebook's code cells into one module; `solutions` take the place of the exercises. Top-level names are exported,
 * so that none counts as unused.
 */
async function moduleOf(
  path: string,
  solutions: readonly string[],
): Promise<{ code: string; starts: Start[] }> {
  const { cells } = await readNotebook(path);
  const left = [...solutions];
  const starts: Start[] = [];
  const code: string[] = ["export {};"];
  for (const [i, cell] of cells.entries()) {
    if (!isCode(cell)) continue;
    starts.push({ cell: i + 1, line: code.length + 1 });
    const source = (hasTag(cell, "exercise") ? left.shift() : undefined) ?? joined(cell.source);
    const text = source.replace(
      /^(?=(const|let|var|(async )?function|class|type|interface|enum) )/gm,
      "export ",
    );
    code.push(...text.split("\n"), ";");
  }
  return { code: code.join("\n") + "\n", starts };
}

/** Replaces lines of the module at `url` in the checker's text by cells and their lines. */
function withCells(text: string, url: string, name: string, starts: readonly Start[]): string {
  return text.replaceAll(new RegExp(`${RegExp.escape(url)}:(\\d+):\\d+`, "g"), (_, line) => {
    const start = starts.findLast((start) => start.line <= Number(line));
    return start ? `${name} cell ${start.cell}, line ${Number(line) - start.line + 1}` : name;
  });
}

if (import.meta.main) {
  const paths = Deno.args.length ? Deno.args : notebookFiles();
  const found = await checkNotebooks(paths);
  if (found) console.error(found);
  else console.log(`Checked ${paths.length} notebooks`);
  Deno.exit(found ? 1 : 0);
}
