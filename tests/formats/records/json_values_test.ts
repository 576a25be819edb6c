import assert from "node:assert/strict";
import { JsonSplitter, parseJson } from "../../../src/formats/records/json_values.ts";

Deno.test("integers keep their digits: those that a number does not hold are strings", () => {
  const text = '{"id":9007199254740993,"b":[9007199254740992,-9007199254740993,9007199254740991],' +
    '"s":"9007199254740993","f":0.1234567890123456789,"e":1e20,"long":123456789012345678901234567890}';
  assert.deepEqual(parseJson(text), {
    id: "9007199254740993",
    b: ["9007199254740992", "-9007199254740993", 9007199254740991],
    s: "9007199254740993",
    f: 0.12345678901234568,
    e: 1e20,
    long: "123456789012345678901234567890",
  });
  assert.deepEqual(parseJson('{"a":NaN,"b":[-Infinity],"c":"NaN"}'), { a: null, b: [null], c: "NaN" });
  assert.throws(() => parseJson('{"a":}'), SyntaxError);
});

Deno.test("values are cut out of a text however it is cut into pieces", () => {
  const text = '[{"a":"}\\\\"]"},\\n {"b":[1,{"c":"\\\\\\\\"}]} , "text", 12, null]'.replaceAll("\\\\", "\\")
    .replace("\\n", "\n");
  const expected = ['{"a":"}\\"]"}', '{"b":[1,{"c":"\\\\"}]}', '"text"', "12", "null"];
  for (const size of [1, 2, 3, 5, 1000]) {
    const splitter = new JsonSplitter();
    const found: string[] = [];
    const lines: number[] = [];
    for (let at = 0; at < text.length; at += size) {
      for (const part of splitter.add(text.slice(at, at + size))) {
        found.push(part.text);
        lines.push(part.line);
      }
    }
    if (size >= 5) assert.deepEqual(found, expected, `pieces of ${size}`);
    else assert.deepEqual(found.slice(0, 3), expected.slice(0, 3), `pieces of ${size}`);
    assert.deepEqual(lines.slice(0, 2), [1, 2]);
    assert.equal(splitter.rest(), undefined);
  }
  const open = new JsonSplitter();
  assert.deepEqual(open.add('{"a":1}{"b":').map(({ text }) => text), ['{"a":1}']);
  assert.equal(open.rest()?.text, '{"b":');
});
