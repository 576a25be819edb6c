import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { DataError } from "../../src/base/errors.ts";
import { bodyOf, withoutBibliography } from "../../src/data/corpora/latex/tex_body.ts";
import { withoutComments } from "../../src/data/corpora/latex/tex_comments.ts";
import { resolveInputs } from "../../src/data/corpora/latex/tex_inputs.ts";
import { expandMacros } from "../../src/data/corpora/latex/tex_macros.ts";
import { plainWikitext } from "../../src/data/corpora/wikitext.ts";
import { withoutLicence } from "../../src/data/corpora/books.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { clean, cleanRules } from "../../src/data/filters/c4_rules.ts";
import { codeVerdict, withoutHeader } from "../../src/data/filters/source_code.ts";
import { htmlText } from "../../src/data/text/html_text.ts";
import { comparable, plainLine } from "../../src/data/text/normalize.ts";
import { sentenceEnds } from "../../src/data/text/sentences.ts";
import { concat } from "../../src/formats/bytes.ts";
import { all, failure } from "./fixtures.ts";
import { inFolder } from "../support/folder.ts";

/** Openings without an end and runs of one sign, on which careless patterns need time that grows with the square. */
const seeds = [
  "<!--",
  "<nowiki>",
  "<ref>",
  "<ref name=x",
  "{{",
  "{{{",
  "[[",
  "}}",
  "]]",
  "[http://a ",
  "{|\n",
  "{{[[",
  "'''",
  "==",
  "= ",
  "<",
  "&",
  "<div>",
  "<li><ul>",
  "<pre>\n",
  "<!",
  "<title>",
  "\\begin{verbatim}",
  "\\foo{",
  "\\foo[",
  "\\def\\a{",
  "\\newcommand{",
  "\\input{a}",
  "\\verb|",
  "\\url{",
  "%\n",
  "\\begin{thebibliography}",
  "\\section{",
  "\\long",
  "\\b",
  "\\foo x",
  "\\foo{\\foo{x}}",
  "\\begin{q}",
  "\\iffalse",
  "\\else",
  "\\edef\\x{\\x\\x}",
  "\\InputIfFileExists{b}{",
  "/*",
  "//\n",
  ".",
  ". ",
  "...",
  '."',
  "!?",
  "\n",
  " \n",
  "\t",
  " ",
  "a",
  "*** START OF",
  "-",
  "\\",
  "{",
  "}",
  "[",
  "(",
  "灌",
  "\ud800",
  "\0",
  "٣",
];
const macros = "\\newcommand{\\foo}[2][x]{#1#2}\\def\\a{}\\def\\b#1.{#1}\\newenvironment{q}{}{}";
const rules = { longestLine: 1000, meanLine: 100, alphanumeric: 0.25, lettersPerToken: 1.5 };

const readers: Record<string, (text: string) => unknown> = {
  wikitext: (text) => plainWikitext(text),
  html: htmlText,
  comments: withoutComments,
  macros: (text) => expandMacros(macros + text),
  body: bodyOf,
  bibliography: (text) => withoutBibliography(text),
  input: (text) => resolveInputs("a.tex", new Map([["a.tex", text], ["b.tex", "\\input{a}\\input{b}"]])),
  licence: (text) => withoutLicence(text),
  header: (text) => withoutHeader(text, "a.py"),
  code: (text) => codeVerdict(text, "a.py", rules),
  clean: (text) => clean(text, cleanRules({})),
  sentences: sentenceEnds,
  comparable,
  plainLine,
};

for (const [name, read] of Object.entries(readers)) {
  Deno.test(`${name}: no text of two hundred thousand signs takes more than moments`, () => {
    for (const seed of seeds) {
      const text = seed.repeat(Math.ceil(200_000 / seed.length));
      const start = performance.now();
      read(text);
      read(`${text}x`);
      const seconds = (performance.now() - start) / 1000;
      assert.ok(seconds < 5, `${JSON.stringify(seed)} took ${seconds.toFixed(1)} s`);
    }
  });
}

Deno.test("macros that call themselves, and each other, end", () => {
  const hostile = [
    "\\def\\a{\\a}\\a",
    "\\def\\a{\\a\\a\\a}\\a\\a\\a",
    "\\newcommand{\\x}[1]{\\y{#1#1}}\\newcommand{\\y}[1]{\\x{#1#1}}\\x{abc}",
    `${
      Array.from({ length: 26 }, (_, i) =>
        `\\def\\m${String.fromCharCode(97 + i)}{${`\\m${String.fromCharCode(98 + i)}`.repeat(10)}}`).join("")
    }\\ma`,
    "\\def\\a{\\def\\b{\\a}\\b}\\a",
    "\\let\\a\\b\\let\\b\\a\\a",
  ];
  for (const text of hostile) assert.ok(expandMacros(text).length < 50e6, text);
});

Deno.test("broken files of every format end in a DataError or in counted rejects, never in a crash", () =>
  inFolder(async (folder) => {
    const noise = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 2654435761 >>> 13) & 255);
    const archive = tar.pack();
    archive.entry({ name: "../../evil.tex" }, "\\section{x}");
    archive.entry({ name: "a.gz" }, new TextDecoder("latin1").decode(noise));
    archive.entry({ name: "good.tex" }, "\\section{Good}text");
    archive.finalize();
    const files: Record<string, Uint8Array | string> = {
      "cut.jsonl.gz": gzipSync('{"text":"x"}\n'.repeat(10_000)).subarray(0, 60),
      "noise.jsonl": noise,
      "noise.csv": noise,
      "noise.parquet": noise,
      "noise.warc": noise,
      "noise.xml": noise,
      "noise.tar": noise,
      "noise.gz": noise,
      "noise.zst": noise,
      "noise.bz2": noise,
      "noise.xz": noise,
      "half.xml":
        `<mediawiki><page><title>x</title><revision><text>ok text</text></revision></page><page><title>${
          "y".repeat(1000)
        }`,
      "deep.xml": `<page>${"<a>".repeat(50_000)}</page>`,
      "deep.html.warc":
        `WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/html\r\nContent-Length: 500000\r\n\r\n${
          "<div>".repeat(100_000)
        }`,
    };
    for (const [name, bytes] of Object.entries(files)) {
      await (typeof bytes === "string" ? Deno.writeTextFile : Deno.writeFile)(
        `${folder}/${name}`,
        bytes as string & Uint8Array,
      );
    }
    await Deno.writeFile(`${folder}/evil.tar`, concat(await all(archive as AsyncIterable<Uint8Array>)));
    const read: [string, (path: string) => Dataset<unknown>][] = [
      ["noise.jsonl", Dataset.jsonl],
      ["noise.csv", Dataset.csv],
      ["noise.parquet", Dataset.parquet],
      ["noise.warc", Dataset.commonCrawl],
      ["noise.xml", Dataset.wikipedia],
      ["noise.xml", Dataset.stackExchange],
      ["noise.tar", Dataset.arxiv],
      ["noise.gz", Dataset.text],
      ["noise.zst", Dataset.text],
      ["noise.bz2", Dataset.text],
      ["noise.xz", Dataset.text],
      ["deep.xml", Dataset.wikipedia],
      ["deep.html.warc", Dataset.commonCrawl],
    ];
    for (const [name, reader] of read) {
      const error = await failure(async () => {
        const { records, steps } = await reader(`${folder}/${name}`).stats();
        assert.equal(records, 0, name);
        throw new DataError(JSON.stringify(steps));
      });
      assert.ok(error instanceof DataError, `${name}: ${error.stack}`);
    }
    const cut = await Dataset.jsonl(`${folder}/cut.jsonl.gz`).stats();
    assert.ok(cut.records > 0, "the lines before the end of a file that is cut short are read");
    assert.deepEqual(cut.steps[0].dropped, { unreadable: 1 });
    const half = await Dataset.wikipedia(`${folder}/half.xml`).stats();
    assert.equal(half.records, 1);
    assert.deepEqual(half.steps[0].dropped, { unreadable: 1 });
    const evil = await Dataset.arxiv(`${folder}/evil.tar`).stats();
    assert.equal(evil.records, 1);
    assert.deepEqual(evil.steps[0].dropped, { unreadable: 2 });
    assert.equal(await Deno.stat(`${folder}/../../evil.tex`).catch(() => undefined), undefined);
  }));
