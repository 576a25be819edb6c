import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { ggufIn, openGgufParts } from "../../../src/formats/gguf/gguf_parts.ts";
import { writeGguf, type WrittenValue } from "../../../src/formats/gguf/writer.ts";
import { inFolder } from "../../support/folder.ts";

/** Writes a part with one tensor of two numbers per name. */
async function part(path: string, split: Record<string, number>, names: string[]): Promise<void> {
  const entries = Object.entries(split).map(([key, value]): [string, WrittenValue] => {
    return [`split.${key}`, { type: "u32", value }];
  });
  const values = new Map<string, WrittenValue>([["a.file", { type: "string", value: path }], ...entries]);
  const tensors = names.map((name) => ({ name, shape: [1, 2], type: "F32" as const }));
  await writeGguf(path, values, tensors, data());
  async function* data() {
    for (const name of names) yield row(name);
  }
  async function* row(name: string) {
    yield await Promise.resolve(Float32Array.of(name.charCodeAt(0), 7));
  }
}

async function threeParts(folder: string): Promise<string[]> {
  const paths = [1, 2, 3].map((i) => `${folder}/m.v1-0000${i}-of-00003.gguf`);
  const names = [["a", "b"], ["c"], ["d"]];
  for (const [no, path] of paths.entries()) {
    await part(path, { no, count: 3, "tensors.count": 4 }, names[no]);
  }
  return paths;
}

async function refused(path: string, message: RegExp): Promise<void> {
  await assert.rejects(openGgufParts(path), (error: Error) => {
    assert.ok(error instanceof FormatError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("any part opens the whole model: values of the first, tensors of all", () =>
  inFolder(async (folder) => {
    const paths = await threeParts(folder);
    for (const path of paths) {
      const file = await openGgufParts(path);
      assert.equal(file.values.get("a.file"), paths[0]);
      assert.deepEqual([...file.tensors.keys()], ["a", "b", "c", "d"]);
      assert.deepEqual([...await file.matrix("d").read(0, 1)], [100, 7]);
      assert.throws(() => file.matrix("e"), FormatError);
      file.close();
    }
    assert.equal(await ggufIn(folder), paths[0]);
    await part(`${folder}/other.gguf`, {}, ["a"]);
    await assert.rejects(ggufIn(folder), /several models.*m\.v1-00001-of-00003\.gguf, other\.gguf/);
    assert.equal(await ggufIn(`${folder}/nowhere`), undefined);
    await Deno.mkdir(`${folder}/empty`);
    assert.equal(await ggufIn(`${folder}/empty`), undefined);
  }));

Deno.test("a missing part, a wrong count or number, and a tensor in two parts are refused by name", () =>
  inFolder(async (folder) => {
    const [first, second, third] = await threeParts(folder);
    await part(second, { no: 1, count: 4 }, ["c"]);
    await refused(first, /m\.v1-00002-of-00003\.gguf: split\.count is 4, 3 is needed/);
    await refused(second, /split\.count is 4, the file's name says 3 parts/);
    await part(second, { no: 2, count: 3 }, ["c"]);
    await refused(third, /split\.no is 2, 1 is needed/);
    await part(second, { no: 1, count: 3 }, ["a"]);
    await refused(first, /00002-of-00003\.gguf: tensor "a" is in two parts/);
    await part(second, { no: 1, count: 3 }, ["c", "x"]);
    await refused(first, /split\.tensors\.count is 4, the parts hold 5/);
    await part(second, {}, ["c"]);
    await refused(second, /split\.count is 0, the file's name says 3 parts/);
    await Deno.remove(second);
    await refused(third, /m\.v1-00002-of-00003\.gguf: part 2 of 3 is missing/);
    await Deno.mkdir(second);
    await refused(third, /part 2 of 3 is missing/);
    await Deno.remove(second);
    await Deno.mkdir(`${folder}/elsewhere`);
    await part(`${folder}/elsewhere/c.gguf`, { no: 1, count: 3 }, ["c"]);
    await Deno.mkdir(`${folder}/own`);
    for (const path of [first, third]) await Deno.copyFile(path, path.replace(folder, `${folder}/own`));
    const linked = second.replace(folder, `${folder}/own`);
    await Deno.symlink(`${folder}/elsewhere/c.gguf`, linked);
    await refused(
      first.replace(folder, `${folder}/own`),
      /00002-of-00003\.gguf: this part is a link out of the folder/,
    );
    await Deno.rename(first, `${folder}/renamed.gguf`);
    await refused(`${folder}/renamed.gguf`, /one of 3 parts: its name must end in -00001-of-00003\.gguf/);
    for (const count of [65535.5, -1]) {
      const values = new Map<string, WrittenValue>([["split.count", { type: "f32", value: count }]]);
      await writeGguf(`${folder}/odd.gguf`, values, [], (async function* () {})());
      await refused(`${folder}/odd.gguf`, /split\.count is .* not a number of parts/);
    }
  }));
