import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const latin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const wide = (text: string, isLittle: boolean, mark: boolean) => {
  const all = mark ? `\uFEFF${text}` : text;
  const view = new DataView(new ArrayBuffer(2 * all.length));
  for (let i = 0; i < all.length; i++) view.setUint16(2 * i, all.charCodeAt(i), isLittle);
  return new Uint8Array(view.buffer);
};
const french = "L'été dernier, le garçon est allé à l'école où sa mère travaillait.\nIl était content.";

async function folderOf(folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {
    "a_utf8.txt": new TextEncoder().encode(french),
    "b_mark.txt": new TextEncoder().encode(`\uFEFF${french}`),
    "c_cp1252.txt": latin(french),
    "deep/d_utf16le.txt": wide(french, true, true),
    "deep/e_utf16be.txt": wide(french, false, true),
    "deep/er/f_bare.txt": wide(french, true, false),
    "g_crlf.txt": latin(french.replace("\n", "\r\n")),
    "h_cr.txt": latin(french.replace("\n", "\r")),
    "i_packed.md": gzipSync(french),
    "j.pdf": latin("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    "k.png": latin("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "l_zero.txt": latin("text\0with zeros"),
    "m.docx": latin("PK\x03\x04\x14\0\x06\0word"),
    "n.json": latin('{"text": "not prose"}'),
    "o_rows.txt": latin('{"text": "not prose"}\n{"text": "either"}\n'),
    "p_empty.txt": new Uint8Array(0),
    "q_cut.gz": gzipSync(french).subarray(0, 40),
    ".hidden": latin("hidden"),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${name}`.replace(/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  await Deno.symlink("/etc/hostname", `${folder}/z_link.txt`);
  return files;
}

Deno.test("a folder of texts is read in whatever encodings they are, and what is not text is counted by reason", () =>
  inFolder(async (folder) => {
    await folderOf(`${folder}/in`);
    for (const path of [`${folder}/in`, `${folder}/in/`]) {
      const texts = Dataset.text(path);
      const documents = await texts.toArray();
      assert.deepEqual(documents.map(({ source }) => source.slice(folder.length + 4)), [
        "a_utf8.txt",
        "b_mark.txt",
        "c_cp1252.txt",
        "deep/d_utf16le.txt",
        "deep/e_utf16be.txt",
        "deep/er/f_bare.txt",
        "g_crlf.txt",
        "h_cr.txt",
        "i_packed.md",
      ]);
      for (const { text, source } of documents) assert.equal(text, french, source);
      const [{ dropped, notes }] = (await texts.stats()).steps;
      assert.deepEqual(dropped, {
        hidden: 1,
        "not text": 3,
        unreadable: 2,
        JSON: 2,
        "empty file": 1,
        link: 1,
      });
      assert.equal(notes["files in windows-1252"], 3);
      assert.equal(notes["files in utf-16le"], 2);
      assert.match(String(notes["first not text"]), /j\.pdf: not text but a PDF/);
    }
    const rejects = `${folder}/rejects.jsonl`;
    await Dataset.text(`${folder}/in`).write(`${folder}/out.jsonl`, { rejects });
    const written = (await Deno.readTextFile(rejects)).trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(written.length, 10);
    assert.ok(written.every(({ step, reason, record }) => step.startsWith("text") && reason && record.file));
    const lines = await Dataset.lines(`${folder}/in`).toArray();
    assert.deepEqual(new Set(lines.map(({ text }) => text)), new Set(french.split("\n")));
    const paragraphs = await Dataset.text(`${folder}/in`, { by: "paragraph" }).toArray();
    assert.deepEqual(new Set(paragraphs.map(({ text }) => text)), new Set([french]));
  }));

Deno.test("an encoding that is named is used for all files, and onBroken: throw names the first broken one", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.txt`, latin("\xc0\xfa\xf0"));
    const [{ text }] = await Dataset.text(`${folder}/a.txt`, { encoding: "windows-1251" }).toArray();
    assert.equal(text, "Аър");
    assert.match(
      (await failure(() => Dataset.text(`${folder}/a.txt`, { encoding: "utf-8" }).toArray())).message,
      /a\.txt: Cannot read the file as utf-8: a byte is not valid, name its encoding/,
    );
    await folderOf(`${folder}/in`);
    for (const read of [Dataset.text, Dataset.lines]) {
      const error = await failure(() => read(`${folder}/in/`, { onBroken: "throw" }).toArray());
      assert.ok(error instanceof DataError);
      assert.match(error.message, /in\/j\.pdf: not text but a PDF/);
    }
  }));

Deno.test("JSON is never read as prose", () =>
  inFolder(async (folder) => {
    for (const name of ["x.json", "x.jsonl", "x.ndjson", "x.json.gz", "plain.txt"]) {
      const text = '{"text": "A row of JSON is no book."}\n';
      await Deno.writeFile(`${folder}/${name}`, name.endsWith("gz") ? gzipSync(text) : latin(text));
      const books = await Dataset.books(`${folder}/${name}`, { gutenberg: false, overlap: false }).toArray();
      assert.deepEqual(books.map(({ text }) => text), ["A row of JSON is no book."], name);
      for (const read of [Dataset.text, (path: string) => Dataset.text(path, { by: "paragraph" })]) {
        const error = await failure(() => read(`${folder}/${name}`).toArray());
        assert.match(error.message, /JSON, which is no prose: read it with Dataset\.jsonl/, name);
      }
    }
    await Deno.writeTextFile(
      `${folder}/code.json`,
      '{"content":"export const warmth = measureTeaTemperature();\\n","path":"a.js","license":"mit"}',
    );
    const code = await Dataset.github(`${folder}/code.json`, { extensions: false, headers: false }).toArray();
    assert.deepEqual(code.map(({ text }) => text), ["export const warmth = measureTeaTemperature();\n"]);
    await Deno.writeTextFile(`${folder}/prose.txt`, "[1] See the notes. {curly} braces\n");
    assert.equal((await Dataset.text(`${folder}/prose.txt`).toArray()).length, 1);
  }));

Deno.test("a pipe in a folder is counted and does not stop the reading", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.txt`, "text");
    const { success } = await new Deno.Command("mkfifo", { args: [`${folder}/b.txt`] }).output();
    assert.ok(success);
    for (const path of [folder, `${folder}/*.txt`]) {
      const [{ kept, dropped }] = (await Dataset.text(path).stats()).steps;
      assert.deepEqual([kept, dropped], [1, { "pipe or device": 1 }]);
    }
  }));
