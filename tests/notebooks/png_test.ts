import assert from "node:assert/strict";
import { svgDocument, svgImage } from "../../src/display/svg.ts";
import { code } from "./made_up.ts";
import type { Notebook } from "./notebook.ts";
import { addPng, rasterise } from "./png.ts";

const svg = svgDocument(120, 40, `<rect x="60" width="60" height="40" fill="#0072b2"/>`);
const bytes = new TextEncoder().encode(svg);

/** Returns a notebook of one cell with this HTML as its output. */
function shown(html: string | string[]): Notebook {
  const cell = code("1");
  cell.outputs = [{
    output_type: "display_data",
    data: { "text/html": html, "text/plain": "x" },
    metadata: {},
  }];
  return { cells: [{ cell_type: "markdown", source: "text" }, cell] };
}

Deno.test("an SVG in a notebook's HTML gets a PNG as the source, and stays where browsers look first", async () => {
  const image = svgImage(svg, "a < b");
  const notebook = shown([`<div>1 ${image}`, `${image} 2</div>`]);
  assert.equal(await addPng(notebook), 2);
  const html = String(notebook.cells[1].outputs![0].data!["text/html"]);
  const images = [...html.matchAll(/<img [^>]*>/g)].map(([text]) => text);
  assert.equal(images.length, 2);
  assert.ok(html.startsWith("<div>1 <img ") && html.endsWith(" 2</div>"), "the words stay");
  for (const text of images) {
    assert.match(text, /alt="a &lt; b"/);
    assert.match(text, / width="120" src="data:image\/png;base64,[A-Za-z0-9+/=]+" /);
    const [, base64] = text.match(/srcset="data:image\/svg\+xml;base64,([^"]+)"/)!;
    assert.deepEqual(Uint8Array.fromBase64(base64), bytes);
  }
  assert.equal(await addPng(notebook), 0, "a second time there is nothing to add");
});

Deno.test("outputs without pictures stay as they are", async () => {
  const notebook = shown("<b>src</b>");
  const before = structuredClone(notebook);
  assert.equal(await addPng(notebook), 0);
  assert.deepEqual(notebook, before);
});

Deno.test("a PNG has two pixels for each of its SVG's, and few colours", async () => {
  const { png, width } = await rasterise(bytes);
  const view = new DataView(png.buffer, png.byteOffset);
  assert.equal(width, 120);
  assert.deepEqual([view.getUint32(16), view.getUint32(20)], [240, 80]);
  assert.equal(png[25], 3, "colour type 3: a palette");
});
