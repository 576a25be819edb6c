// A text that grows in a terminal.
import assert from "node:assert/strict";
import { growingSink } from "../../src/display/mod.ts";

/** Returns the screen after a terminal obeyed `output`: line feeds, returns, cursor up, erase to the end. */
function screen(output: string): string {
  const lines = [""];
  let row = 0;
  // deno-lint-ignore no-control-regex
  for (const [part, , up] of output.matchAll(/(\x1b\[(\d+)A)|\x1b\[J|\r|\n|[^\x1b\r\n]+/g)) {
    if (up) row -= Number(up);
    else if (part === "\x1b[J") lines.splice(row, Infinity, "");
    else if (part === "\n") lines[++row] ??= "";
    else if (part !== "\r") lines[row] += part;
    assert.ok(row >= 0, "the cursor stays below the first line");
  }
  return lines.join("\n");
}

Deno.test("a growing text is whole at every moment, and lines that stay are written once", () => {
  const written: string[] = [];
  const sink = growingSink((text) => written.push(text));
  const texts = ["prompt  a", "prompt  a\ntext    b\n1 token", "prompt  a\ntext    b c\n        d\n3 tokens"];
  for (const [i, text] of texts.entries()) {
    sink.show({ picture: { text } }, false, false);
    assert.equal(screen(written.join("")), texts[i]);
  }
  sink.show({ picture: { text: "prompt  a\ntext    b c\n        d\n3 tokens; ended" } }, true, false);
  assert.equal(screen(written.join("")), "prompt  a\ntext    b c\n        d\n3 tokens; ended\n");
  assert.equal(
    written.slice(2).join("").split("prompt").length,
    1,
    "a line above the last ones is not rewritten",
  );
});

Deno.test("a growing text obeys no escape of the text", () => {
  const written: string[] = [];
  growingSink((text) => written.push(text)).show({ picture: { text: "a\x1b[2Jb" } }, true, false);
  assert.equal(written.join(""), "\r\x1b[Ja␛[2Jb\n");
});
