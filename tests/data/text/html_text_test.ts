import assert from "node:assert/strict";
import { htmlText } from "../../../src/data/text/html_text.ts";

Deno.test("elements that are nested without end cost no text and no more time each", () => {
  for (const name of ["div", "b", "span", "section"]) {
    const open = `<${name}>`.repeat(300_000);
    assert.equal(htmlText(`${open}deep<script>x</script><p>below</p>`), "deep\n\nbelow", name);
    assert.equal(htmlText(`<p>a</p>${open}${`</${name}>`.repeat(300_000)}<p>b</p>`), "a\n\nb", name);
  }
  const hidden = `<svg>${"<g>".repeat(300_000)}x${"</g>".repeat(300_000)}</svg>seen`;
  assert.equal(htmlText(hidden), "seen");
});
