import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { plainWikitext } from "../../../src/data/corpora/wikitext.ts";
import { inFolder } from "../../support/folder.ts";
import { testData } from "../../support/test_data.ts";

const cases: [string, string][] = [
  ["'''Bold''' and ''italic'' and '''''both'''''", "Bold and italic and both"],
  ["[[a|b]] [[a]]s [[:Category:x]] [[a (b)|]]", "b as Category:x a"],
  ["[http://x.test label text] [http://x.test] http://x.test", "label text http://x.test"],
  ["a {{t|x={{u|[[l]]}}}} b", "a b"],
  ["{{{1|{{t}}}}} x {{#if:{{{a|}}}|b}} y", "x y"],
  ["[[a|b {{t}} c]] d", "b c d"],
  ["[[File:x.jpg|thumb|A [[link]] in a '''caption''']]text", "text"],
  ["[[Datei:x.jpg]][[Файл:x.jpg|мини]][[Plik:x]]text", "text"],
  ["a\n[[Category:Lakes|sort]]\n[[fr:Lac]]\n[[Kategorie:Seen]]", "a\n\nLakes\n\nSeen"],
  ['a<ref>note</ref> b<ref name=x/> c<ref name="y">{{cite|url=http://x}}</ref>.', "a b c."],
  ["a<!-- x\n{{ y -->b", "ab"],
  ["{|\n| a\n{|\n| nested\n|}\n|}\nafter", "after"],
  [":{| class=x\n|-\n| a || b\n|}\nx", "x"],
  [
    "<nowiki>[[no]] {{link}}</nowiki> <math>a^{b}</math>x<gallery>\nFile:a.jpg\n</gallery>",
    "[[no]] {{link}} x",
  ],
  [
    "== Title ==\ntext\n===Sub===\n* one\n** two\n: three\n; term",
    "Title\n\ntext\n\nSub\n\none\ntwo\nthree\nterm",
  ],
  ["__TOC__ __NOEDITSECTION__ a<br/>b<span style='x'>c</span>", "a\nbc"],
  ["a&nbsp;b &lt;c&gt; &amp; &ndash; &#39; x < y", "a b <c> & – ' x < y"],
  ["{{a}}\n{{b|\nc}}", ""],
];

Deno.test("markup becomes what a reader of the page sees", () => {
  for (const [markup, expected] of cases) assert.equal(plainWikitext(markup), expected, markup);
});

Deno.test("a bracket that is never closed is removed alone, and counted", () => {
  const cases: [string, string, string][] = [
    ["a {{b c\n\nd", "a b c\n\nd", "brackets never closed 1"],
    ["a [[b c\n\nd", "a b c\n\nd", "brackets never closed 1"],
    ["a [[b {{c]] d}} e", "a b e", "brackets never opened 1, brackets never closed 1"],
    ["a }} b ]] c", "a b c", "brackets never opened 1, brackets never opened 1"],
    ["a <!-- b", "a b", "comments never closed 1"],
    ["a <ref>b c", "a b c", "elements never closed 1"],
    ["{|\n| a\n\ntext", "| a\n\ntext", "brackets never closed 1"],
  ];
  for (const [markup, expected, noted] of cases) {
    const notes: string[] = [];
    assert.equal(
      plainWikitext(markup, (what, times = 1) => void notes.push(`${what} ${times}`)),
      expected,
      markup,
    );
    assert.equal(notes.join(", "), noted, markup);
  }
});

const page = (title: string, text: string, { ns = 0, more = "" } = {}) =>
  `  <page>\n    <title>${title}</title>\n    <ns>${ns}</ns>\n    <id>${title.length}</id>${more}\n    <revision>\n      <id>9</id>\n` +
  `      <timestamp>2022-07-01T00:00:00Z</timestamp>\n      <text xml:space="preserve">${text}</text>\n    </revision>\n  </page>\n`;

const dump = `<mediawiki xml:lang="de">\n<siteinfo><dbname>dewiki</dbname></siteinfo>\n${
  [
    page("Ein See", "'''Ein See''' ist [[Wasser]]. &amp;nbsp;Tief."),
    page("Alt", "#WEITERLEITUNG [[Ein See]]"),
    page("Neu", "x", { more: '<redirect title="Ein See"/>' }),
    page("Diskussion:x", "talk", { ns: 1 }),
    page("Leer", ""),
    page("Kaputt", "a < b & c"),
    page("Vorlage", "{{x}}"),
    page("Zwei & drei".replace("&", "&amp;"), "Noch ein Text."),
  ].join("")
}</mediawiki>\n`;

Deno.test("articles come out of a dump; redirects, other pages and broken ones are counted", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/dump.xml`, dump);
    const wiki = Dataset.wikipedia(`${folder}/dump.xml`);
    const [first, second, ...rest] = await wiki.toArray();
    assert.deepEqual(first, {
      text: "Ein See ist Wasser. Tief.",
      source: `${folder}/dump.xml`,
      id: "dewiki:7",
      meta: {
        title: "Ein See",
        url: "https://de.wikipedia.org/wiki/Ein_See",
        language: "de",
        timestamp: "2022-07-01T00:00:00Z",
      },
    });
    assert.equal(second.meta?.url, "https://de.wikipedia.org/wiki/Zwei_%26_drei");
    assert.deepEqual(rest, []);
    const [reader, wikitext] = (await wiki.stats()).steps;
    assert.deepEqual(reader.dropped, { unreadable: 1 });
    assert.match(String(reader.notes["first unreadable"]), /dump\.xml:\d+: not well-formed XML/);
    assert.equal(reader.notes.redirects, 2);
    assert.equal(reader.notes["pages of other namespaces"], 1);
    assert.equal(reader.notes["empty pages"], 1);
    assert.deepEqual(wikitext.dropped, { "nothing left": 1 });
    assert.equal(
      String(wiki),
      `Dataset\n  wikipedia ${folder}/dump.xml, languages the paper's 20\n  wikitext`,
    );
    const other = await Dataset.wikipedia(`${folder}/dump.xml`, { languages: ["fr"] }).toArray().catch((e) =>
      e
    );
    assert.match(String(other), /no record is used: files in de, left out \(1\)/);
    await Deno.writeTextFile(`${folder}/a.jsonl`, '{"id":"1","title":"T","text":"Text."}');
    assert.deepEqual((await Dataset.wikipedia(`${folder}/a.jsonl`).toArray())[0].meta, {
      id: "1",
      title: "T",
    });
  }));

const pages = "wikipedia_ltg_pages.xml";
const { path, present } = await testData(pages);

Deno.test(`a published export leaves no markup${present.reason}`, present, async () => {
  const documents = await Dataset.wikipedia(path(pages), { languages: "all" }).toArray();
  assert.equal(documents.length, 903);
  for (const { text, id } of documents) assert.doesNotMatch(text, /\[\[|\]\]|\{\{|\}\}|\{\||<\/?ref|'''/, id);
});
