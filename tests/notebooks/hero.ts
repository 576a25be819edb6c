/**
 * Makes the README's picture: the cell of the quickstart notebook that pretrains, with its card, in both themes.
 *
 * `deno run -A tests/notebooks/hero.ts` writes docs/run-light.png and docs/run-dark.png from the outputs that the notebook
 * was saved with. The cell is the one tagged `hero`.
 *
 * @module
 */
import sharp from "npm:sharp@^0.35.0";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../repo/tree.ts";
import { type Box, Chromium } from "./chromium.ts";
import { type Theme, writeHtml } from "./html.ts";
import { findTools, type Tools } from "./screenshots.ts";

/** Width of the window in CSS pixels: the README's column on GitHub is somewhat narrower. */
const WIDTH = 880;

/** Pixels of the picture for each CSS pixel. */
const SCALE = 2;

/** JavaScript that returns the box around the cell tagged `hero`, with a margin. */
const BOX = `(() => {
  const { x, y, width, height } = document.querySelector(".celltag_hero").getBoundingClientRect();
  const margin = 12;
  return { x: Math.max(0, x - margin), y: y - margin, width: width + 2 * margin, height: height + margin + 2 };
})()`;

/** Takes the picture of the tagged cell in one theme, with a palette, which keeps the file small. */
async function picture(chromium: Chromium, page: string): Promise<Uint8Array> {
  await chromium.open(pathToFileURL(page).href, WIDTH);
  const png = await chromium.picture(await chromium.evaluate<Box>(BOX), SCALE);
  return new Uint8Array(await sharp(png).png({ palette: true, effort: 10 }).toBuffer());
}

/** Writes the picture of both themes into docs/. Returns the paths. */
async function writeHero(tools: Tools): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "llamero_hero_" });
  const chromium = await Chromium.start(tools.chromium);
  try {
    const written: string[] = [];
    for (const theme of ["light", "dark"] satisfies Theme[]) {
      const notebook = join(root, "notebooks", "01_quickstart.ipynb");
      const page = await writeHtml(tools.jupyter, notebook, folder, theme, theme);
      const path = join(root, "docs", `run-${theme}.png`);
      await Deno.writeFile(path, await picture(chromium, page));
      written.push(path);
    }
    return written;
  } finally {
    await chromium.close();
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const tools = await findTools();
  if (typeof tools === "string") {
    console.error(`The picture was not made: ${tools}.`);
    Deno.exit(1);
  }
  for (const path of await writeHero(tools)) {
    console.log(`${path} (${((await Deno.stat(path)).size / 1000).toFixed(0)} kB)`);
  }
}
