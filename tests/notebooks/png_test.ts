import assert from "node:assert/strict";
import { svgDocument, svgImage } from "../../src/display/svg.ts";
import { needs } from "../support/needs.ts";
import { code, withNotebook } from "./made_up.ts";
import type { Cell } from "./notebook.ts";
import { countPictures, htmlOf, htmlOutputs } from "./pictures.ts";
import { findTools } from "./screenshots.ts";

const tools = await findTools();
const ready = needs(typeof tools !== "string", String(tools));

const image = svgImage(svgDocument(120, 40, `<rect width="120" height="40" fill="#0072b2"/>`));
const chart = `<div style="color:red">Loss</div>${image}`;

/** Returns a cell with this HTML as its output. */
function shown(html: string): Cell {
  const data = { "text/html": html, "text/plain": "Loss < 3\nmore" };
  return { ...code("1"), outputs: [{ output_type: "display_data", data, metadata: {} }] };
}

Deno.test("pictures are outputs with an SVG or with coloured areas", () => {
  const bars = `<div style="background:#0072b2;width:10px"></div>`;
  const cells = [shown(chart), shown("<table><tr><td>1</td></tr></table>"), shown(bars)];
  assert.deepEqual(countPictures({ cells }), { pictures: 2, withPng: 0 });
});

Deno.test(`a kept picture has a PNG for viewers that remove styles${ready.reason}`, ready, async () => {
  assert.ok(typeof tools !== "string");
  const { withPng } = await import("./png.ts");
  await withNotebook([shown("<b>text</b>"), shown(chart)], async (path) => {
    const notebook = await withPng(path, tools);
    assert.deepEqual(countPictures(notebook), { pictures: 1, withPng: 1 });
    const [text, picture] = htmlOutputs(notebook).map(htmlOf);
    assert.equal(text, "<b>text</b>", "an output without a picture stays as it was");
    assert.ok(picture.endsWith(`<rp style="display:block">${chart}</rp>`), "the output itself is all there");
    const [, alt, base64, width] = picture.match(
      /^<img alt="([^"]*)" src="data:image\/png;base64,([^"]+)" width="(\d+)" style="display:none">/,
    )!;
    assert.equal(alt, "Loss &lt; 3");
    const png = Uint8Array.fromBase64(base64);
    const pixels = new DataView(png.buffer).getUint32(16);
    assert.ok(Math.abs(pixels / Number(width) - 1.5) < 0.02, `${pixels} pixels for a width of ${width}`);
    assert.equal(png[25], 3, "colour type 3: a palette");
  });
});
