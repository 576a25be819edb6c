import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { readUtf8 } from "../../../src/formats/encoding/utf8_file.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("a file in UTF-8 is read without its byte order mark, or with it; other encodings are refused", () =>
  inFolder(async (folder) => {
    const file = `${folder}/x.json`;
    await Deno.writeTextFile(file, "\ufeff{}\r\n🦙");
    assert.equal(await readUtf8(file), "{}\r\n🦙");
    assert.equal(await readUtf8(file, { keepsMark: true }), "\ufeff{}\r\n🦙");
    await Deno.writeTextFile(file, "");
    assert.equal(await readUtf8(file), "");
    for (const bytes of [[0xff, 0xfe, 0x7b, 0, 0x7d, 0], [0x22, 0xe9, 0x22], [0xed, 0xa0, 0x80]]) {
      await Deno.writeFile(file, Uint8Array.from(bytes));
      await assert.rejects(readUtf8(file), (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, /x\.json: .*no text in UTF-8/);
        return true;
      });
    }
    await Deno.truncate(file, 3e8);
    await assert.rejects(readUtf8(file), /it has 300000000 bytes, at most 256000000/);
    await assert.rejects(readUtf8(folder), /it is a folder or a device/);
    await assert.rejects(readUtf8(`${folder}/none`), Deno.errors.NotFound);
  }));
