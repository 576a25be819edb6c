import assert from "node:assert/strict";
import { plainWikitext } from "../../../../src/data/corpora/wikitext.ts";

Deno.test("apostrophes that are text stay beside those of bold and italics", () => {
  const cases: [string, string][] = [
    ["l'''''Iliade''''' d''''Omero''''", "lIliade d'Omero'"],
    ["dell'''Eneide''", "dell'Eneide"],
    ["L'''amour''' '''x", "Lamour x"],
    ["''a''<sub>''b''</sub> don't rock 'n' roll", "ab don't rock 'n' roll"],
    ["'''''a''' b'' c''''''''", "a' b c'''"],
    ["''a\n''b", "a\nb"],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});
