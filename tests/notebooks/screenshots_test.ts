import assert from "node:assert/strict";
import { join } from "node:path";
import { needs } from "../support/needs.ts";
import { code, withNotebook } from "./made_up.ts";
import { findTools, screenshots } from "./screenshots.ts";

const tools = await findTools();
const ready = needs(typeof tools !== "string", String(tools));

Deno.test(`a notebook's page is taken in two themes at two widths, cut into parts${ready.reason}`, {
  ignore: ready.ignore,
}, async () => {
  assert.ok(typeof tools !== "string");
  const long = code("1");
  const data = { "text/html": `<div style="height:2000px;background:#f00">text</div>`, "text/plain": "text" };
  long.outputs = [{ output_type: "display_data", data, metadata: {} }];
  await withNotebook([{ cell_type: "markdown", source: "# Title", metadata: {} }, long], async (path) => {
    const folder = join(path, "..", "shots");
    const files = await screenshots(tools, [path], folder);
    const names = files.map((file) => file.slice(join(folder, "made_up").length + 1));
    const pages = ["light-1200", "light-600", "dark-1200", "dark-600"];
    assert.deepEqual(names, pages.flatMap((page) => [`${page}-1.png`, `${page}-2.png`]));
    const bytes = await Promise.all(files.map((file) => Deno.readFile(file)));
    const [wide, , narrow] = bytes.map(size);
    assert.deepEqual(wide, { width: 1200, height: 1600 });
    assert.deepEqual(narrow, { width: 600, height: 1600 });
    assert.notDeepEqual(bytes[0], bytes[4], "the dark theme looks different");
  });
});

/** Reads the size of a PNG from its header. */
function size(png: Uint8Array): { width: number; height: number } {
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
