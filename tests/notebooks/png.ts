/**
 * PNG beside the pictures of notebooks that are kept with their outputs, for viewers of code hosts.
 *
 * Such viewers take `text/html` before `image/png` and remove its styles (GitHub), or show `image/png` instead of the HTML
 * (GitLab), and some refuse an SVG in a data URL. So a kept picture is one piece of HTML with both forms: a PNG of the
 * whole output, hidden by a style, and the output itself in an element that only a style makes visible (`<rp>`, which
 * browsers hide). Where styles count, as in JupyterLab and VS Code, the output shows; where they are removed, the PNG.
 *
 * @module
 */
import sharp from "npm:sharp@^0.35.0";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { escapeHtml } from "../../src/display/html.ts";
import { type Box, Chromium } from "./chromium.ts";
import { writeHtml } from "./html.ts";
import { joined, type Notebook, type Output, readNotebook } from "./notebook.ts";
import { htmlOf, htmlOutputs, isPicture } from "./pictures.ts";
import type { Tools } from "./screenshots.ts";

/** Width of the window in CSS pixels: an output is about 100 narrower. */
const WIDTH = 980;

/** Pixels of a PNG for each CSS pixel. */
const SCALE = 1.5;

/** White pixels around a picture. */
const MARGIN = 12;

/** JavaScript that returns the boxes of all HTML outputs of the page. */
const BOXES =
  `[...document.querySelectorAll('.jp-OutputArea-output[data-mime-type="text/html"]')].map((output) => {
  const { x, y, width, height } = output.getBoundingClientRect();
  return { x, y, width, height };
})`;

/**
 * Returns the notebook with a PNG beside every picture: HTML with an SVG or with coloured areas.
 *
 * @param path the notebook's file, from which the pictures are taken
 */
export async function withPng(path: string, tools: Tools): Promise<Notebook> {
  const notebook = await readNotebook(path);
  const outputs = htmlOutputs(notebook);
  if (!outputs.some(isPicture)) return notebook;
  const folder = await Deno.makeTempDir({ prefix: "llamero_png_" });
  const chromium = await Chromium.start(tools.chromium);
  try {
    const page = await writeHtml(tools.jupyter, path, folder, basename(path, ".ipynb"), "light");
    await chromium.open(pathToFileURL(page).href, WIDTH);
    const boxes = await chromium.evaluate<Box[]>(BOXES);
    if (boxes.length !== outputs.length) {
      throw new Error(`${path} has ${outputs.length} outputs in HTML and its page ${boxes.length}`);
    }
    for (const [i, output] of outputs.entries()) {
      if (isPicture(output)) await addPng(output, await chromium.picture(boxes[i], SCALE));
    }
    return notebook;
  } finally {
    await chromium.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Puts a picture of the output beside its HTML, in place. */
async function addPng(output: Output, picture: Uint8Array): Promise<void> {
  const { data, info } = await sharp(picture)
    .trim({ background: "#fff", threshold: 4 })
    .extend({ top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN, background: "#fff" })
    .png({ palette: true, colours: 64, effort: 10 })
    .toBuffer({ resolveWithObject: true });
  const title = joined(output.data!["text/plain"] as string | string[] ?? "").trim().split("\n")[0];
  const width = Math.round(info.width / SCALE);
  const image = `<img alt="${escapeHtml(title)}" src="data:image/png;base64,${
    new Uint8Array(data).toBase64()
  }" width="${width}" style="display:none">`;
  output.data!["text/html"] = `${image}\n<rp style="display:block">${htmlOf(output)}</rp>`;
}
