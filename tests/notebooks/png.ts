/**
 * PNG beside SVG in notebooks that are kept with their outputs, so that code hosts show the pictures.
 *
 * Viewers of code hosts prefer `text/html`, clean it, and let `<img>` keep a data URL with a PNG, as every plot of
 * Matplotlib is one; an SVG in a data URL is refused by some. So the PNG becomes the `src` of the image and the SVG its
 * `srcset`, which browsers prefer where the viewer lets it through. `image/png` beside `text/html` would not do: GitHub
 * ignores it, and GitLab shows it instead of the words and tables of the HTML.
 *
 * @module
 */
import sharp from "npm:sharp@^0.35.0";
import { joined, type Notebook, type Output } from "./notebook.ts";

/** Pixels of a PNG for each pixel of its SVG. */
const SCALE = 2;

/** Colours of a PNG's palette: enough for charts with smooth edges. */
const COLOURS = 64;

const SVG_SOURCE = /src="(data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+))"/g;

/** Gives every SVG in the HTML of outputs a PNG, in place. Returns the number of pictures. */
export async function addPng(notebook: Notebook): Promise<number> {
  const outputs = notebook.cells.flatMap((cell) => cell.outputs ?? []);
  const counts = await Promise.all(outputs.map(addToOutput));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function addToOutput({ data }: Output): Promise<number> {
  const html = data?.["text/html"];
  if (typeof html !== "string" && !Array.isArray(html)) return 0;
  const text = joined(html);
  const found = [...text.matchAll(SVG_SOURCE)];
  const sources = await Promise.all(
    found.map(([, url, base64]) => withPng(url, Uint8Array.fromBase64(base64))),
  );
  let next = 0;
  data!["text/html"] = text.replace(SVG_SOURCE, () => sources[next++]);
  return found.length;
}

/** Returns the attributes of an image that has both forms, `width` CSS pixels wide where styles are removed. */
async function withPng(url: string, svg: Uint8Array): Promise<string> {
  const { png, width } = await rasterise(svg);
  return `width="${width}" src="data:image/png;base64,${png.toBase64()}" srcset="${url}"`;
}

/** Draws an SVG document as a PNG with a palette. `width` is that of the SVG in CSS pixels. */
export async function rasterise(svg: Uint8Array): Promise<{ png: Uint8Array; width: number }> {
  const { data, info } = await sharp(svg, { density: 72 * SCALE })
    .png({ palette: true, colours: COLOURS, effort: 10 })
    .toBuffer({ resolveWithObject: true });
  return { png: new Uint8Array(data), width: Math.round(info.width / SCALE) };
}
