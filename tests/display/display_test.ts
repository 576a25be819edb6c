import assert from "node:assert/strict";
import {
  bundle,
  card,
  Displayable,
  escapeHtml,
  inNotebook,
  join,
  Live,
  type Picture,
} from "../../src/display/mod.ts";
import { showIf, showPicture } from "../../src/display/display.ts";

class Llama extends Displayable {
  override picture(): Picture {
    return { text: "a llama", html: "<b>a llama</b>" };
  }
}

Deno.test("an object shows the same facts everywhere", () => {
  const llama = new Llama();
  assert.equal(String(llama), "a llama");
  assert.equal(Deno.inspect(llama), "a llama");
  const show = (llama as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")];
  assert.deepEqual(show.call(llama), { "text/plain": "a llama", "text/html": "<b>a llama</b>" });
});

Deno.test("outside a notebook show prints the text", async () => {
  assert.equal(inNotebook(), false);
  const { log } = console;
  const lines: unknown[] = [];
  console.log = (line: unknown) => void lines.push(line);
  try {
    await new Llama().show();
  } finally {
    console.log = log;
  }
  assert.deepEqual(lines, ["a llama"]);
});

Deno.test("of several processes that do the same, only the one that shows prints", async () => {
  const printed: unknown[] = [];
  const { log } = console;
  console.log = (text) => printed.push(text);
  try {
    showIf(() => false);
    await showPicture({ text: "hidden" });
    const live = new Live();
    live.update({ picture: { text: "hidden" } });
    await live.end();
    assert.deepEqual(printed, []);
    showIf(() => true);
    await showPicture({ text: "shown" });
    assert.deepEqual(printed, ["shown"]);
  } finally {
    console.log = log;
    showIf(() => true);
  }
});

Deno.test("a picture without HTML is text alone", () => {
  assert.deepEqual(bundle({ text: "x" }), { "text/plain": "x" });
});

Deno.test("join keeps every picture in both forms", () => {
  assert.deepEqual(join({ text: "a" }, { text: "b" }), { text: "a\n\nb" });
  const both = join({ text: "a < b" }, { text: "c", html: "<i>c</i>" });
  assert.equal(both.text, "a < b\n\nc");
  assert.match(both.html!, /<div>a &lt; b<\/div>.*<i>c<\/i>/);
  const lines = join({ text: "a\n  < b" }, { text: "c", html: "<i>c</i>" });
  assert.match(lines.html!, /<pre[^>]*>a\n {2}&lt; b<\/pre>/, "several lines keep their columns");
});

Deno.test("a card escapes its title and keeps its body", () => {
  assert.equal(escapeHtml(`<a href="x">'&'</a>`), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  assert.match(card("<t>", "<p>body</p>"), /&lt;t&gt;.*<p>body<\/p>/);
});
