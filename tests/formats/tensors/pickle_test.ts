// Hostile pickles and ZIP files: nothing is constructed but tensors, and no bomb costs time, memory or a foreign error.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { concat } from "../../../src/formats/bytes.ts";
import { Unpickler } from "../../../src/formats/tensors/pickle.ts";
import { openTorchFile } from "../../../src/formats/tensors/torch_file.ts";
import { inFolder } from "../../support/folder.ts";
import { torchFile } from "../../support/torch_writer.ts";

const utf8 = new TextEncoder();
const op = (...codes: number[]) => Uint8Array.from(codes);
const text = (value: string) => concat([op(0x8c, value.length), utf8.encode(value)]);
const global = (module: string, name: string) => utf8.encode(`c${module}\n${name}\n`);
const STOP = op(0x2e);

function refused(parts: Uint8Array[], message: RegExp): void {
  const bytes = concat([op(0x80, 2), ...parts]);
  assert.throws(() => new Unpickler("x.pth", bytes, 0).read(), (error: Error) => {
    assert.ok(error instanceof FormatError, `${error.name}: ${error.message}`);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("names outside the list of PyTorch's are refused by both operations that give names", () => {
  for (
    const [module, name] of [
      ["os", "system"],
      ["builtins", "eval"],
      ["torch", "load"],
      ["torch._utils", "_rebuild_tensor"],
      ["torch._utils _rebuild_tensor_v2", ""],
      ["__builtin__", "getattr"],
      ["torch", "constructor"],
      ["numpy.core.multiarray", "_reconstruct"],
    ]
  ) {
    refused([global(module, name), STOP], /nothing else is constructed/);
    refused([text(module), text(name), op(0x93), STOP], /nothing else is constructed/);
  }
});

Deno.test("operations that call, import or load other objects are refused", () => {
  const names: Record<string, number> = {
    INST: 0x69,
    OBJ: 0x6f,
    NEWOBJ: 0x81,
    NEWOBJ_EX: 0x92,
    PERSID: 0x50,
    EXT1: 0x82,
    EXT2: 0x83,
    EXT4: 0x84,
    LONG4: 0x8b,
    LONG: 0x4c,
    INT: 0x49,
    UNICODE: 0x56,
    STRING: 0x53,
    BINUNICODE8: 0x8d,
    BINBYTES8: 0x8e,
    BYTEARRAY8: 0x96,
    NEXT_BUFFER: 0x97,
  };
  for (const code of Object.values(names)) {
    refused([op(0x4e, code, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0), STOP], /an operation that tensors need/);
  }
});

Deno.test("bombs: huge numbers, lengths beyond the file, nested values as names and keys, endless input", () => {
  refused([op(0x8a, 255), new Uint8Array(255).fill(1), STOP], /an integer of at most 8 bytes/);
  refused([op(0x58, 0xff, 0xff, 0xff, 0xff), STOP], /more bytes/);
  refused([op(0x95, 0xff, 0xff, 0xff, 0xff), STOP], /8 more bytes/);
  refused([utf8.encode("cno line end")], /a line/);
  refused([op(0x68, 7), STOP], /a value in memo slot 7/);
  refused([op(0x65), STOP], /a mark/);
  refused([STOP], /a value/);
  // a list that holds itself, and one that doubles forty times: neither is written out as a name or in a message
  const doubling = concat([
    op(0x5d, 0x71, 0),
    ...Array.from({ length: 40 }, (_, i) => op(0x5d, 0x71, i + 1, 0x28, 0x68, i, 0x68, i, 0x65)),
  ]);
  refused([doubling, op(0x68, 40, 0x93), STOP], /a module and a name/);
  refused([op(0x5d, 0x71, 0, 0x68, 0, 0x61, 0x68, 0, 0x93), STOP], /a module and a name/);
  refused([op(0x29, 0x28), op(0x4e), op(0x74, 0x52), STOP], /a tensor to rebuild/);
  refused([new Uint8Array(2_100_000).fill(0x4e)], /at most 2000000 operations/);
  refused([new Uint8Array(1_500_000).fill(0x28), STOP], /a value/);
});

Deno.test("a file whose keys or values are no tensors is refused without writing them out", () =>
  inFolder(async (folder) => {
    const good = torchFile([{ name: "a", shape: [1, 2], data: Float32Array.of(1, 2) }]);
    const path = `${folder}/x.pth`;
    // replaces the pickle by another of the same length: the ZIP's directory stays as it was
    const zipText = new TextDecoder("latin1").decode(good);
    const at = zipText.indexOf("archive/data.pkl") + "archive/data.pkl".length;
    const length = new DataView(good.buffer, good.byteOffset).getUint32(
      zipText.indexOf("PK\x01\x02") + 24,
      true,
    );
    const withPickle = (pickle: Uint8Array) => {
      const bytes = good.slice();
      bytes.fill(0x2e, at, at + length);
      bytes.set(pickle, at);
      return bytes;
    };
    const cycle = op(0x5d, 0x71, 0, 0x68, 0, 0x61);
    for (
      const [pickle, message] of [
        [concat([op(0x80, 2, 0x7d), cycle, op(0x4e, 0x73, 0x2e)]), /a key is not a text/],
        [concat([op(0x80, 2, 0x7d), text("k"), cycle, op(0x73, 0x2e)]), /"k" is not a tensor/],
        [concat([op(0x80, 2), cycle, op(0x2e)]), /does not hold a dictionary/],
      ] as const
    ) {
      assert.ok(pickle.length <= length);
      await Deno.writeFile(path, withPickle(pickle));
      await assert.rejects(openTorchFile(path), (error: Error) => {
        assert.ok(error instanceof FormatError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
    const compressed = good.slice();
    new DataView(compressed.buffer).setUint16(zipText.indexOf("PK\x01\x02") + 10, 8, true);
    await Deno.writeFile(path, compressed);
    await assert.rejects(openTorchFile(path), /to be stored uncompressed/);
  }));
