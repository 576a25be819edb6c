import assert from "node:assert/strict";
import { DataError } from "../../src/base/errors.ts";
import { csvRecords, csvRows } from "../../src/eval/csv.ts";

const fields = (text: string, separator = ",") =>
  [...csvRecords(text, separator)].map((record) => record.fields);

Deno.test("quotes hold separators, quotes and line breaks; values stay texts", () => {
  assert.deepEqual(fields('a,"b, c","d ""e""","f\ng"\r\nNA,None,=1+1,\n'), [
    ["a", "b, c", 'd "e"', "f\ng"],
    ["NA", "None", "=1+1", ""],
  ]);
  assert.deepEqual(fields("a\tb,c\n\t\n", "\t"), [["a", "b,c"], ["", ""]]);
  assert.deepEqual(fields('a,b\n\n\n"",c'), [["a", "b"], ["", "c"]]);
  assert.deepEqual(fields("a,"), [["a", ""]]);
  assert.deepEqual(fields('5" wide,b'), [['5" wide', "b"]]);
  assert.deepEqual(fields(""), []);
});

Deno.test("records know their line, also behind line breaks in quotes and blank lines", () => {
  const lines = [...csvRecords('a,"b\nc"\n\nd,e\n"f\r\n",g', ",")].map(({ line }) => line);
  assert.deepEqual(lines, [1, 4, 5]);
});

Deno.test("what is no CSV is named by its line", () => {
  const refused = (text: string, line: number, says: RegExp) =>
    assert.throws(() => [...csvRows(text, ",", "f.csv")], (error: unknown) => {
      assert.ok(error instanceof DataError && error.file === "f.csv" && error.line === line, String(error));
      assert.match(error.message, says);
      return true;
    });
  refused('a,b\n1,"2', 2, /a quote is opened and not closed/);
  refused('a,b\n"1"x,2', 2, /text stands behind a closing quote/);
  refused('a,b\n"1\n",2\n3\n', 4, /must have 2 fields \(a, b\), this one has 1/);
});

Deno.test("a long field and many quotes take linear time", () => {
  const long = '""'.repeat(200_000), [[value]] = fields(`"${long}",b`);
  assert.equal(value.length, 200_000);
  assert.throws(() => fields(`"${long}x`), /closing quote/);
});
