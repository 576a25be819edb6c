import assert from "node:assert/strict";
import { COLOURS, GREY, INK, muted, PANEL, SOFT_INK, TINTS } from "../../src/display/palette.ts";
import { contrast, over } from "../support/contrast.ts";

/** Pages of notebooks: white, the dark ones of the tests, and the striped rows of tables on either. */
const grounds = ["#ffffff", "#f5f5f5", "#111111", "#1e1e1e", "#212121"];

Deno.test("black to white is 21 to 1", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
});

Deno.test("lines, bars and marks reach 3:1 on light and dark pages and on the panel", () => {
  for (const colour of [...COLOURS, ...COLOURS.map(muted), GREY]) {
    for (const ground of [...grounds, PANEL]) {
      assert.ok(contrast(colour, ground) >= 3, `${colour} on ${ground}: ${contrast(colour, ground)}`);
    }
  }
});

Deno.test("words reach 4.5:1 on the panel", () => {
  for (const ink of [INK, SOFT_INK]) assert.ok(contrast(ink, PANEL) >= 4.5, ink);
});

Deno.test("a theme's words reach 4.5:1 on every tint over its page", () => {
  const themes = [["#212121", "#ffffff"], ["#ffffff", "#111111"], ["#cccccc", "#1e1e1e"]];
  for (const tint of TINTS) {
    for (const [words, page] of themes) {
      const ground = over(tint, page);
      assert.ok(contrast(words, ground) >= 4.5, `${words} on ${tint} over ${page}`);
    }
  }
});
