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
  ["a\n[[Category:Lakes|sort]]\n[[fr:Lac]]\n[[Kategorie:Seen]]", "a"],
  ['a<ref>note</ref> b<ref name=x/> c<ref name="y">{{cite|url=http://x}}</ref>.', "a b c."],
  ["a<!-- x\n{{ y -->b", "ab"],
  ["{|\n| a\n{|\n| nested\n|}\n|}\nafter", "after"],
  [":{| class=x\n|-\n| a || b\n|}\nx", "x"],
  [
    "<nowiki>[[no]] {{link}}</nowiki> <math>a^{b}</math>x<gallery>\nFile:a.jpg\n</gallery>",
    "[[no]] {{link}} a^{b}x",
  ],
  [
    "== Title ==\ntext\n===Sub===\n* one\n** two\n: three\n; term",
    "Title\n\ntext\n\nSub\n\none\ntwo\nthree\nterm",
  ],
  ["__TOC__ __NOEDITSECTION__ a<br/>b<span style='x'>c</span>", "a\nbc"],
  ["a&nbsp;b &lt;c&gt; &amp; &ndash; &#39; x < y", "a b <c> & – ' x < y"],
  ["&amp;lt;b&amp;gt; &unknown; &nbsp AT&T", "&lt;b&gt; &unknown; &nbsp AT&T"],
  ["use <stdio.h> <b>x</b> <i>y</i>", "use <stdio.h> x y"],
  ["{{a}}\n{{b|\nc}}", ""],
];

Deno.test("markup becomes what a reader of the page sees", () => {
  for (const [markup, expected] of cases) assert.equal(plainWikitext(markup), expected, markup);
});

/** Returns the notes of a conversion. */
function notesOf(markup: string): Record<string, number> {
  const notes: Record<string, number> = {};
  plainWikitext(markup, (what, times = 1) => void (notes[what] = (notes[what] ?? 0) + times));
  return notes;
}

Deno.test("a bracket that is never closed is removed alone, and counted", () => {
  const cases: [string, string, Record<string, number>][] = [
    ["a {{b c\n\nd", "a b c\n\nd", { "brackets never closed": 1 }],
    ["a [[b c\n\nd", "a b c\n\nd", { "brackets never closed": 1 }],
    ["a [[b {{c]] d}} e", "a b e", {
      "brackets never opened": 1,
      "brackets never closed": 1,
      "templates removed: c d": 1,
    }],
    ["a }} b ]] c", "a b c", { "brackets never opened": 2 }],
    ["a <!-- b", "a b", { "comments never closed": 1 }],
    ["a <ref>b c", "a b c", { "elements never closed": 1 }],
    ["{|\n| a\n\ntext", "| a\n\ntext", { "brackets never closed": 1 }],
    ['{|class="x"\n|valign=top|\n* a\n\ntext', "a\n\ntext", { "brackets never closed": 1 }],
    ["{{Box\n| a = b\n\ntext\n\n== Title ==\nmore }} text", "Box\n| a = b\n\ntext\n\nTitle\n\nmore text", {
      "brackets never closed": 1,
    }],
    ["a<ref>note\n\nb<ref>c</ref> d", "anote\n\nb d", {
      "elements never closed": 1,
      "elements removed: ref": 1,
    }],
  ];
  for (const [markup, expected, noted] of cases) {
    assert.equal(plainWikitext(markup), expected, markup);
    assert.deepEqual(notesOf(markup), noted, markup);
  }
});

Deno.test("all that is removed is counted by kind and by name", () => {
  const markup =
    "{{Infobox x|a={{convert|1|km}}}}\n{|\n|{{foo|a}}\n|}\n[[File:a.png]] b<ref>c</ref><!-- d --> {{foo|e}}\n" +
    "{{bar}}\n== Empty ==\n[[Category:X]] {{DEFAULTSORT:x}} [[fr:X]] {{{1}}}<table><tr><td>x</table>";
  assert.deepEqual(notesOf(markup), {
    "templates removed: Infobox x": 1,
    "tables removed": 2,
    "links removed: files": 1,
    "elements removed: ref": 1,
    "comments removed": 1,
    "unknown templates kept: foo": 1,
    "templates removed: bar": 1,
    "links removed: categories": 1,
    "parser functions without text: DEFAULTSORT": 1,
    "links removed: other languages": 1,
    "parameters without value": 1,
    "headings without text": 1,
  });
  assert.equal(plainWikitext(markup), "b e");
});

Deno.test("a page cut or damaged anywhere keeps its other text and shows no marks", () => {
  const page = "One {{lang|fr|deux}} [[three|four]] <code>five()</code>\n\n== Six ==\n{{box|a\n|b=c}}\n" +
    "seven<ref>8</ref> '''nine'''.";
  for (let i = 0; i <= page.length; i++) {
    for (const damaged of [page.slice(0, i), page.slice(i), page.slice(0, i) + page.slice(i + 2)]) {
      assert.doesNotMatch(plainWikitext(damaged), /[\uFDD0-\uFDD2]/, damaged);
    }
    assert.equal(
      plainWikitext(page.slice(0, i)).slice(0, 3),
      page.slice(0, Math.min(i, 3)),
      page.slice(0, i),
    );
    const last = plainWikitext(`${page.slice(0, i)}\n\n== Ten ==\neleven`);
    assert.match(last, /(^|\s)eleven/, page.slice(0, i));
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
    page("Liste", "{{Begriffsklärung}}\n* [[Ein See]]"),
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
    assert.equal(reader.notes.disambiguations, 1);
    assert.deepEqual(wikitext.dropped, { "nothing left": 1 });
    const lineage = wiki.lineage.map(({ step }) => step);
    assert.deepEqual(lineage, [`wikipedia ${folder}/dump.xml, languages the paper's 20`, "wikitext"]);
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

Deno.test("a dump names its namespaces and language in any script and encoding", () =>
  inFolder(async (folder) => {
    const xml = `<?xml version="1.0" encoding="UTF-16"?>\n<mediawiki xml:lang="ltg"><siteinfo><namespaces>` +
      `<namespace key="-2">Medeja</namespace><namespace key="0"/><namespace key="6" case="first-letter">Fails</namespace>` +
      `<namespace key="10">Taiss</namespace><namespace key="14">Kategoreja</namespace></namespaces></siteinfo>${
        page(
          "Mīsts",
          "{{PAGENAME}} [[Fails:a.jpg|thumb|b [[c]]]]ir [[fails : d.png]][[Medeja:e.ogg|dzīsme]] [[:Kategoreja:F|g]].\n" +
            "[[Kategoreja:H]] {{Taiss:lang|de|Stadt}} {{mans|a|x=b}}",
        )
      }</mediawiki>`;
    const utf16 = new Uint8Array(2 + 2 * xml.length);
    utf16.set([0xff, 0xfe]);
    for (let i = 0; i < xml.length; i++) {
      new DataView(utf16.buffer).setUint16(2 + 2 * i, xml.charCodeAt(i), true);
    }
    await Deno.writeFile(`${folder}/a.xml`, utf16);
    await Deno.writeTextFile(`${folder}/b.xml`, xml.replace("UTF-16", "utf-8"));
    for (const name of ["a", "b"]) {
      const wiki = Dataset.wikipedia(`${folder}/${name}.xml`, {
        languages: "all",
        templates: { Mans: "$1 (${x})" },
      });
      const [document] = await wiki.toArray();
      assert.equal(document.text, "Mīsts ir dzīsme g.\nStadt a (b)");
      assert.deepEqual(Object.keys(document.meta!), ["title", "url", "language", "timestamp"]);
      assert.equal(document.meta!.language, "ltg");
    }
    await Deno.writeTextFile(`${folder}/c.xml`, xml.replace("UTF-16", "klingon"));
    const failed = await Dataset.wikipedia(`${folder}/c.xml`, { languages: "all" }).stats().catch((e) => e);
    assert.match(JSON.stringify(failed) + failed, /its encoding \\?"klingon\\?" is not known/);
  }));

Deno.test("templates of one's own change the fingerprint, stand in JSON, and work on workers", () =>
  inFolder(async (folder) => {
    const pages = Array.from({ length: 40 }, (_, i) => page(`Nr${i}`, `A {{mine|${i}|b}} text {{other|c}}.`));
    await Deno.writeTextFile(`${folder}/x.xml`, `<mediawiki>${pages.join("")}</mediawiki>`);
    const plain = Dataset.wikipedia(`${folder}/x.xml`);
    const own = Dataset.wikipedia(`${folder}/x.xml`, { templates: { Mine: "<$1>", other: "" } });
    assert.notEqual(own.fingerprint, plain.fingerprint);
    assert.equal((await plain.toArray())[3].text, "A b text c.");
    assert.equal((await own.toArray())[3].text, "A <3> text.");
    assert.match(JSON.stringify(own), /"Mine":"<\$1>"/);
    const here = await own.stats({ workers: 0 });
    const there = await own.write(`${folder}/out.jsonl`, { workers: 2 });
    const countsOf = (stats: typeof here) => stats.steps.map(({ kept, notes }) => [kept, notes]);
    assert.deepEqual(countsOf(await own.stats({ workers: 2 })), countsOf(here));
    assert.ok(there);
    const written = (await Deno.readTextFile(`${folder}/out.jsonl`)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(written.length, 40);
    assert.equal(written[3].text, "A <3> text.");
    assert.equal(written[3].wiki ?? written[3].meta?.wiki, undefined);
  }));

Deno.test("a step counts ten thousand kinds of notes apart, and its picture lists the largest", () =>
  inFolder(async (folder) => {
    const text = Array.from({ length: 10_050 }, (_, i) => `{{t${i}|x}}{{often|y}}`).join(" ");
    await Deno.writeTextFile(`${folder}/x.xml`, `<mediawiki>${page("Many", text)}</mediawiki>`);
    const stats = await Dataset.wikipedia(`${folder}/x.xml`).stats();
    const { notes } = stats.steps[1];
    assert.equal(Object.keys(notes).length, 10_001);
    assert.equal(notes["unknown templates kept: often"], 10_050);
    assert.equal(notes["other notes"], 51);
    assert.match(JSON.stringify(stats.picture()), /kept: often 10,050; other notes 51; /);
  }));

const pages = "wikipedia_ltg_pages.xml";
const { path, present } = await testData(pages);

Deno.test(`a published export leaves no markup${present.reason}`, present, async () => {
  const documents = await Dataset.wikipedia(path(pages), { languages: "all" }).toArray();
  // Of 903 articles 8 hold nothing but tables, files and categories.
  assert.equal(documents.length, 895);
  for (const { text, id } of documents) assert.doesNotMatch(text, /\[\[|\]\]|\{\{|\}\}|\{\||<\/?ref|'''/, id);
});
