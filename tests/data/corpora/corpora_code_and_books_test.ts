import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { codeVerdict, withoutHeader } from "../../../src/data/filters/source_code.ts";
import { withoutLicence } from "../../../src/data/corpora/books.ts";
import { inFolder } from "../../support/folder.ts";

const rules = { longestLine: 1000, meanLine: 100, alphanumeric: 0.25, lettersPerToken: 1.5 };
const verdict = (text: string, path = "a.ts") => {
  const found = codeVerdict(text, path, rules);
  return "drop" in found ? found.drop : "stays";
};

Deno.test("headers with a copyright are removed; shebangs, preprocessor lines and titles stay", () => {
  const cases: [string, string, string][] = [
    ["/* Copyright X */\nint a;\n", "a.c", "int a;\n"],
    ["/* docs */\n// Copyright\nint a;", "a.c", "/* docs */\n// Copyright\nint a;"],
    ["int a; /* (c) COPYRIGHT\n */ int b;", "a.c", "int a;  int b;"],
    ["// Copyright\n// more\n\nlet a;", "a.js", "let a;"],
    ["#!/bin/sh\n# Copyright\necho", "a.sh", "#!/bin/sh\necho"],
    ["# Copyright\n\nimport os", "a.py", "import os"],
    ["-- note\nselect 1", "a.sql", "select 1"],
    ["#include <a.h>\n#define B\nint c;", "a.h", "#include <a.h>\n#define B\nint c;"],
    ["# Title\ntext", "README.md", "# Title\ntext"],
    ["#[derive(A)]\nstruct B;", "a.rs", "#[derive(A)]\nstruct B;"],
    ["\uFEFFint a;", "a.c", "int a;"],
    ["/* never closed copyright", "a.c", "/* never closed copyright"],
  ];
  for (const [text, path, expected] of cases) assert.equal(withoutHeader(text, path), expected, text);
});

Deno.test("unusual files are dropped by their lines, letters and names; values equal to a limit stay", () => {
  const line = (length: number) => `${"ab".repeat(length / 2)}\n`;
  const cases: [string, string][] = [
    [`${line(1000)}${line(10).repeat(20)}`, "stays"],
    [`${line(1002)}${line(10).repeat(20)}`, "a line too long"],
    [line(98) + `${"a".repeat(99)}b\n`, "stays"],
    [`${line(100)}`, "lines too long on average"],
    [`a${"+".repeat(3)}`, "too few letters per token"],
    ["aaa bbb ccc +", "stays"],
    ["ab-", "too few letters per token"],
    ["abc-", "stays"],
    [`${"+".repeat(76)}${"a".repeat(24)}`, "too few letters and digits"],
    ["", "empty"],
    ["aaa = bbb\r\nccc = ddd", "stays"],
  ];
  for (const [text, expected] of cases) assert.equal(verdict(text), expected, text.slice(0, 30));
  assert.equal(verdict("aaa bbb", "a.lock"), "another kind of file");
  assert.equal(verdict("aaa bbb", "x/LICENSE"), "a licence or certificate");
  assert.equal(verdict("aaa bbb", "Makefile"), "stays");
});

Deno.test("a folder is read with the licence of each project; copies, other licences and minified files are dropped", () =>
  inFolder(async (folder) => {
    const write = async (path: string, text: string | Uint8Array) => {
      await Deno.mkdir(`${folder}/tree/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await (typeof text === "string" ? Deno.writeTextFile : Deno.writeFile)(
        `${folder}/tree/${path}`,
        text as string & Uint8Array,
      );
    };
    const source = "export const answer = 42;\n";
    await write("a/package.json", '{"name":"a","license":"(MIT OR GPL-3.0)"}');
    await write("a/src/x.ts", `// Copyright A\n${source}`);
    await write("a/src/min.js", `${"var a=1;".repeat(200)}`);
    await write("a/bin.ts", Uint8Array.of(1, 0, 2));
    await write("b/LICENSE", "Permission is hereby granted, free of\ncharge, to any person obtaining a copy");
    await write("b/y.ts", `${source}export const more = answer + 1;\n`);
    await write("b/copy.ts", `${source}export const more = answer + 1;\n`);
    await write("c/package.json", '{"license":"UNLICENSED"}');
    await write("c/z.ts", source);
    await write("d/w.ts", source);
    await write("e/package.json", '{"license":{"type":"BSD-3-Clause-Clear"}}');
    await write("e/v.ts", "export const v = answer;\n");
    await Deno.symlink("../a", `${folder}/tree/d/link`);
    const code = Dataset.github(`${folder}/tree`);
    const documents = await code.toArray();
    assert.deepEqual(documents.map(({ meta, text }) => [meta?.path, meta?.license, text.split("\n")[0]]), [
      ["a/src/x.ts", "(MIT OR GPL-3.0)", "export const answer = 42;"],
      ["b/copy.ts", "MIT", "export const answer = 42;"],
      ["e/v.ts", "BSD-3-Clause-Clear", "export const v = answer;"],
    ]);
    const steps = (await code.stats()).steps;
    assert.deepEqual(steps[1].dropped, { "another licence": 2, "no licence": 1 });
    assert.deepEqual(steps[2].dropped, { "seen before": 1 });
    const before = code.fingerprint;
    await write("a/src/new.ts", source);
    assert.notEqual(code.fingerprint, before);
  }));

Deno.test("BigQuery's export is read by its columns", () =>
  inFolder(async (folder) => {
    const rows = [
      { content: "let answer = 42;\n", path: "a.js", repo_name: "o/r", license: "mit", size: "17" },
      { content: "let other = 42;\n", path: "b.js", repo_name: "o/r", license: "gpl-3.0" },
      { content: null, path: "c.js", repo_name: "o/r", license: "apache-2.0" },
    ];
    await Deno.writeTextFile(`${folder}/a.jsonl`, rows.map((row) => JSON.stringify(row)).join("\n"));
    const code = Dataset.github(`${folder}/a.jsonl`);
    assert.deepEqual((await code.toArray()).map(({ id, source }) => [id, source]), [["o/r/a.js", "o/r"]]);
    assert.deepEqual((await code.stats()).steps[0].dropped, { unreadable: 1 });
  }));

const words = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `word${from + i}`).join(" ");

Deno.test("Gutenberg's header and licence are removed; missing marks are counted", () => {
  const book =
    "Title\r\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\r\n\r\nCall me.\r\n\r\n*** END OF THIS PROJECT GUTENBERG EBOOK X ***\r\nlicence";
  assert.equal(withoutLicence(`\uFEFF${book}`), "Call me.");
  assert.equal(
    withoutLicence("x\n*END*THE SMALL PRINT! FOR PUBLIC DOMAIN*\nCall me.\nEnd of Project Gutenberg's X"),
    "Call me.",
  );
  const notes: string[] = [];
  assert.equal(withoutLicence("Call me.", (what) => void notes.push(what)), "Call me.");
  assert.deepEqual(notes, ["without a start mark", "without an end mark"]);
});

Deno.test("of books that overlap by more than 90 % the longer one stays, whatever the order", () =>
  inFolder(async (folder) => {
    const texts: Record<string, string> = {
      "1.txt": `preface one ${words(0, 1900)}`,
      "2.txt": `another preface ${words(0, 2000)}`,
      "3.txt": words(5000, 7000),
      "4.txt": `${words(5000, 5900)} ${words(9000, 10100)}`,
    };
    for (const [name, text] of Object.entries(texts)) await Deno.writeTextFile(`${folder}/${name}`, text);
    await Deno.writeFile(`${folder}/5.txt`, Uint8Array.from("Caf\xe9 book", (c) => c.charCodeAt(0)));
    await Deno.writeTextFile(
      `${folder}/pg19.jsonl`,
      `{"text":"${words(20, 1500)}","short_book_title":"X"}\nbroken\n{"title":1}\n`,
    );
    const names = async (paths: string[]) =>
      (await Dataset.books(paths.map((path) => `${folder}/${path}`)).toArray()).map(({ id }) =>
        id.slice(folder.length + 1)
      );
    assert.deepEqual(await names(["1.txt", "2.txt", "3.txt", "4.txt", "5.txt"]), [
      "2.txt:1",
      "3.txt:1",
      "4.txt:1",
      "5.txt:1",
    ]);
    assert.deepEqual(await names(["5.txt", "4.txt", "2.txt", "1.txt"]), ["5.txt:1", "4.txt:1", "2.txt:1"]);
    const books = Dataset.books([`${folder}/pg19.jsonl`, `${folder}/5.txt`]);
    assert.deepEqual((await books.toArray()).map(({ text }) => text.slice(0, 4)), ["word", "Café"]);
    assert.deepEqual((await books.stats()).steps[0].dropped, { unreadable: 2 });
    assert.match(
      books.lineage.map(({ step }) => step).join("\n"),
      /gutenberg\ndedup by near, threshold 0\.9, measure containment, keep longest/,
    );
  }));
