import assert from "node:assert/strict";
import {
  isDisambiguation,
  namespacesOf,
  siteOfHead,
} from "../../../../src/data/corpora/wikitext/wiki_site.ts";

Deno.test("language and namespaces are read before the first page", () => {
  const head = '<mediawiki version="0.10" xml:lang="be-tarask"><siteinfo><namespaces>' +
    '<namespace key="6" case="first-letter">Файл</namespace><namespace case="x" key="14">A &amp; B</namespace>' +
    '</namespaces></siteinfo><page><namespace key="6">No</namespace>';
  assert.deepEqual(siteOfHead(head), {
    language: "be-tarask",
    names: { file: ["Файл"], category: ["A & B"] },
  });
  assert.deepEqual(siteOfHead("<mediawiki><page>"), { language: undefined, names: {} });
  const table = namespacesOf({ language: "x", names: { category: ["A & B", "Två_ord"] } });
  assert.deepEqual(["a & b", "två ord", "category", "bild", "nothing"].map((name) => table.get(name)), [
    "category",
    "category",
    "category",
    "file",
    undefined,
  ]);
});

Deno.test("lists of meanings are told by their template", () => {
  for (
    const text of ["{{disambig}}", "a\n{{Disambiguation|surname}}", "{{Begriffsklärung}}", "__DISAMBIG__"]
  ) {
    assert.ok(isDisambiguation(text), text);
  }
  for (const text of ["{{disambiguation needed|date=x}}", "disambig", "{{dab"]) {
    assert.ok(!isDisambiguation(text), text);
  }
});
