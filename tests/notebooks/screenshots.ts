/**
 * Takes pictures of notebooks with their outputs, for looking: light and dark, wide and narrow.
 *
 * `deno task screenshots [FILES]`, by default all of notebooks/, writes `out/screenshots/NAME/THEME-WIDTH-PART.png`. A
 * notebook is taken as it was saved: `deno task notebooks` runs it anew.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../repo/tree.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { findNbconvert, type Theme, writeHtml } from "./html.ts";
import { notebookFiles } from "./notebook.ts";

const THEMES: readonly Theme[] = ["light", "dark"];

/** Widths of the window in CSS pixels. */
const WIDTHS = [1200, 600];

/** Height of one picture in CSS pixels; a longer page is cut into parts. */
const PART = 1600;

/** The programs that take screenshots. */
export interface Tools {
  /** Command of Chromium. */
  chromium: string;
  /** Command of a Jupyter with nbconvert. */
  jupyter: string;
}

/** Finds the programs that take screenshots, or returns a line that says what to install. */
export async function findTools(): Promise<Tools | string> {
  const chromium = await findChromium();
  if (!chromium) return "Chromium is missing (Debian: apt-get install chromium)";
  const jupyter = await findNbconvert();
  if (!jupyter) {
    return "nbconvert is missing (python3 -m venv ~/.venvs/jupyter && ~/.venvs/jupyter/bin/pip install nbconvert)";
  }
  return { chromium, jupyter };
}

/** Takes all pictures of the notebooks and writes them below `folder`. Returns the paths of the PNG files. */
export async function screenshots(
  tools: Tools,
  notebooks: readonly string[],
  folder: string,
): Promise<string[]> {
  const chromium = await Chromium.start(tools.chromium);
  try {
    const written: string[] = [];
    for (const notebook of notebooks) {
      const own = join(folder, basename(notebook, ".ipynb"));
      await Deno.remove(own, { recursive: true }).catch(() => {});
      await Deno.mkdir(own, { recursive: true });
      for (const theme of THEMES) {
        const page = await writeHtml(tools.jupyter, resolve(notebook), own, theme, theme);
        for (const width of WIDTHS) {
          written.push(...await parts(chromium, page, width, join(own, `${theme}-${width}`)));
        }
      }
    }
    return written;
  } finally {
    await chromium.close();
  }
}

/** Takes the pictures of a page at one width, as `name`-1.png and so on. */
async function parts(chromium: Chromium, page: string, width: number, name: string): Promise<string[]> {
  await chromium.open(pathToFileURL(page).href, width);
  const height = await chromium.evaluate<number>(
    "Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)",
  );
  const wide = await chromium.evaluate<number>("document.documentElement.scrollWidth");
  if (wide > width) console.log(`${name}: the page is ${wide} px wide`);
  const written: string[] = [];
  for (let y = 0; y < height; y += PART) {
    const path = `${name}-${written.length + 1}.png`;
    await Deno.writeFile(
      path,
      await chromium.picture({ x: 0, y, width, height: Math.min(PART, height - y) }),
    );
    written.push(path);
  }
  return written;
}

if (import.meta.main) {
  const tools = await findTools();
  if (typeof tools === "string") {
    console.log(`No screenshots were taken: ${tools}.`);
  } else {
    const folder = join(root, "out", "screenshots");
    const files = Deno.args.length ? Deno.args : notebookFiles();
    const written = await screenshots(tools, files, folder);
    console.log(`${written.length} pictures of ${files.length} notebooks are in ${folder}`);
  }
}
