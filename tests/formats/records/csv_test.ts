import assert from "node:assert/strict";
import { isBrokenRecord } from "../../../src/formats/record_or_error.ts";
import { findCsv } from "../../../src/formats/records/csv.ts";
import { all, failure } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const columns = ["a", "b"];

async function read(
  folder: string,
  text: string,
  options: Parameters<typeof findCsv>[1] = {},
  name = "a.csv",
) {
  await Deno.writeTextFile(`${folder}/${name}`, text);
  return (await all(findCsv(`${folder}/${name}`, options))).map((item) =>
    isBrokenRecord(item) ? `${item.line} ! ${item.problem}` : Object.values(item.value).join("|")
  );
}

Deno.test("fields are those of Python's csv", () =>
  inFolder(async (folder) => {
    const cases: [string, string[]][] = [ // values of Python's csv.reader with newline=""
      ['5" pipe,12" pipe\n', ['5" pipe|12" pipe']],
      ['x, "y"\n', ['x| "y"']],
      ['x"y"z,"a,b"\n', ['x"y"z|a,b']],
      ['"say ""hi""",b\n', ['say "hi"|b']],
      ['"",""\n', ["|"]],
      ['"one\ntwo",b\r\nc,d\r\n', ["one\ntwo|b", "c|d"]],
      ['"one\r\ntwo",b\n', ["one\r\ntwo|b"]],
      ["a,b\rc,d\r", ["a|b", "c|d"]],
      ['"a\rb",c\rd,"e"\n', ["a\rb|c", "d|e"]],
      ["a,\n\n,b", ["a|", "|b"]],
      ["\uFEFFa,b\n", ["a|b"]],
    ];
    for (const [text, expected] of cases) {
      assert.deepEqual(await read(folder, text, { columns }), expected, JSON.stringify(text));
    }
  }));

Deno.test("a broken record costs that record alone", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await read(folder, 'a,b\n"open,1\n2,3\n4,5,6\n"x"y,7\n8,9\n'), [
      "2 ! a misplaced quote",
      "2|3",
      "4 ! a record of 3 fields, expected 2",
      "5 ! a misplaced quote",
      "8|9",
    ]);
    const long = `a,b\n"never closed,1\n${"2,3\n".repeat(2500)}`;
    const found = await read(folder, long);
    assert.equal(found.length, 2501);
    assert.deepEqual(found.slice(1), Array(2500).fill("2|3"));
    const text = `a,b\n"${"line\n".repeat(900)}",x\ny,z\n`;
    assert.deepEqual(await read(folder, text), [`${"line\n".repeat(900)}|x`, "y|z"]);
  }));

Deno.test("without a first record that names the fields nothing is read", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.csv`, Uint8Array.of(0xe9, 0x2c, 0x62, 10, 0x31, 0x2c, 0x32, 10));
    const error = await failure(() => all(findCsv(`${folder}/a.csv`)));
    assert.match(
      error.message,
      /a\.csv:1: Cannot read the names of the fields: the first record is not valid utf-8/,
    );
    assert.equal((await all(findCsv(`${folder}/a.csv`, { encoding: "latin1" }))).length, 1);
    const wide = Uint16Array.from("\uFEFFa,b\r\n1,2\r\n", (c) => c.charCodeAt(0));
    await Deno.writeFile(`${folder}/a.csv`, new Uint8Array(wide.buffer));
    assert.deepEqual(await all(findCsv(`${folder}/a.csv`)), [{ value: { a: "1", b: "2" }, line: 2 }]);
  }));

Deno.test("separators by name, by extension and by Excel's first line; quotes can be off", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await read(folder, "a;b\n1;2,5\n", { separator: ";" }), ["1|2,5"]);
    assert.deepEqual(await read(folder, "sep=;\r\na;b\r\n1;2\r\n"), ["1|2"]);
    assert.deepEqual(await read(folder, 'a\tb\n"1\t2"\n', { quote: false }, "a.tsv"), ['"1|2"']);
    assert.deepEqual(await read(folder, "a\tb\n1\t2\n", {}, "a.tab"), ["1|2"]);
    assert.deepEqual(await read(folder, "a,b\n'1,2',3\n", { quote: "'" }), ["1,2|3"]);
  }));

Deno.test("a first line of very many names takes no longer per name", () =>
  inFolder(async (folder) => {
    const names = Array.from({ length: 200_000 }, (_, i) => `c${i}`);
    const found = await read(folder, `${names.join()}\n${"1,".repeat(names.length - 1)}1\n`);
    assert.equal(found[0].length, 2 * names.length - 1);
    const twice = await failure(() => read(folder, "a,b,a\n"));
    assert.match(twice.message, /its first line names "a" twice/);
  }));

Deno.test("a long file with CR at the ends of its lines takes no longer per line", () =>
  inFolder(async (folder) => {
    const found = await read(folder, `a,b\r${"1,2\r".repeat(300_000)}"x\ry",z\r`);
    assert.equal(found.length, 300_001);
    assert.equal(found.at(-1), "x\ry|z");
  }));
