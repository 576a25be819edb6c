import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../src/base/errors.ts";
import {
  openSafetensors,
  readSafetensors,
  type TensorEntry,
  writeSafetensors,
} from "../../../src/formats/mod.ts";
import { inFolder } from "../../support/folder.ts";

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) found.push(name);
  return found.sort();
}

Deno.test("a stream with a layout is written as it comes", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    const layout = [1, 2, 3].map((n) => ({ name: `t${n}`, shape: [n, 2] }));
    const made: string[] = [];
    async function* entries() {
      for (const t of layout) {
        await Promise.resolve();
        made.push(t.name);
        yield { ...t, data: new Float32Array(t.shape[0] * 2).fill(t.shape[0]) };
      }
    }
    await writeSafetensors(path, entries(), { layout });
    const { tensors } = await readSafetensors(path);
    assert.deepEqual([...tensors.values()].map((t) => t.data[0]), [1, 2, 3]);
    assert.deepEqual(made, ["t1", "t2", "t3"]);
    assert.deepEqual(await names(folder), ["x"]);
  }));

Deno.test("data given as functions is made one tensor at a time", () =>
  inFolder(async (folder) => {
    let held = 0;
    let most = 0;
    const entries = [3, 1, 2].map((n) => ({
      name: `t${n}`,
      shape: [n],
      data: async () => {
        most = Math.max(most, ++held);
        await Promise.resolve();
        held--;
        return new Float32Array(n).fill(n);
      },
    }));
    await writeSafetensors(`${folder}/x`, entries);
    assert.equal(most, 1);
    const { tensors } = await readSafetensors(`${folder}/x`);
    assert.deepEqual([...tensors.values()].map((t) => [...t.data]), [[3, 3, 3], [1], [2, 2]]);
  }));

Deno.test("views of larger and of shared memory are written as what they show", () =>
  inFolder(async (folder) => {
    const large = Float32Array.from({ length: 10 }, (_, i) => i);
    const shared = new Float32Array(new SharedArrayBuffer(8)).fill(5);
    await writeSafetensors(`${folder}/x`, [
      { name: "view", shape: [3], data: large.subarray(4, 7) },
      { name: "shared", shape: [2], data: shared },
    ]);
    const { tensors } = await readSafetensors(`${folder}/x`);
    assert.deepEqual([...tensors.values()].map((t) => [...t.data]), [[4, 5, 6], [5, 5]]);
  }));

Deno.test("a wrong entry is a ConfigError, and the earlier file stands", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    const two = new Float32Array(2);
    await Deno.writeTextFile(path, "earlier");
    const w = { name: "w", shape: [2], data: two };
    const layout = [{ name: "w", shape: [2] }];
    const wrong: [unknown[], object, RegExp][] = [
      [[{ ...w, shape: [3] }], {}, /"w" of shape \[3\] must have 3 elements, current value is 2/],
      [[w, w], {}, /each name once/],
      [[{ ...w, name: "__metadata__" }], {}, /string|__metadata__/],
      [[{ name: "__metadata__", shape: [], data: new Float32Array(1) }], {}, /string|__metadata__/],
      [[{ ...w, name: "__proto__" }], {}, /safe as a key/],
      [[{ ...w, name: "\ud800" }], {}, /JSON string/],
      [[{ ...w, shape: [-1, -2] }], {}, /non-negative integer/],
      [[{ ...w, shape: [0.5, 4] }], {}, /expected/],
      [[{ ...w, dtype: "I32" }], {}, /"w" must be I32 \[2\], current value is F32 \[2\]/],
      [[{ ...w, data: () => new Int32Array(2) }], {}, /must be F32/],
      [[], { layout }, /"w" is in the layout but not in the entries/],
      [[w, { ...w, name: "v" }], { layout }, /"v" is not in the layout/],
      [[{ ...w, name: "v" }], { layout }, /the layout has "w" next, but the entry is "v"/],
      [[{ ...w, shape: [2, 1] }], { layout }, /"w" must be F32 \[2\], current value is F32 \[2, 1\]/],
      [[w], { layout: [{ name: "w", shape: [2 ** 53] }] }, /./],
      [[w], { layout: [{ name: "w", shape: [2], dtype: "F8" }] }, /must be a dtype/],
      [[w], { metadata: { constructor: "x" } }, /safe as a key/],
      [[w], { metdata: {} }, /did you mean "metadata"/],
    ];
    for (const [entries, options, message] of wrong) {
      await assert.rejects(
        writeSafetensors(path, entries as TensorEntry[], options),
        (e) => e instanceof ConfigError && message.test(e.message) || assert.fail(`${message}: ${e}`),
      );
      assert.equal(await Deno.readTextFile(path), "earlier");
      assert.deepEqual(await names(folder), ["x"]);
    }
  }));

Deno.test("a source that fails and an abort leave the earlier file and nothing beside it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    const layout = [{ name: "a", shape: [2] }, { name: "b", shape: [2] }];
    await Deno.writeTextFile(path, "earlier");
    const controller = new AbortController();
    const data = new Float32Array(2);
    let closed = 0;
    function* entries(then: () => void) {
      try {
        yield { ...layout[0], data };
        then();
        yield { ...layout[1], data };
      } finally {
        closed++;
      }
    }
    const broken = entries(() => {
      throw new RangeError("no more");
    });
    await assert.rejects(writeSafetensors(path, broken, { layout }), /no more/);
    const aborted = entries(() => controller.abort(new Error("enough")));
    await assert.rejects(writeSafetensors(path, aborted, { layout, signal: controller.signal }), /enough/);
    await assert.rejects(writeSafetensors(path, [], { signal: controller.signal }), /enough/);
    await assert.rejects(writeSafetensors(`${folder}/none/x`, []), Deno.errors.NotFound);
    assert.equal(closed, 2);
    assert.equal(await Deno.readTextFile(path), "earlier");
    assert.deepEqual(await names(folder), ["x"]);
    await writeSafetensors(path, entries(() => {}), { layout });
    using file = await openSafetensors(path);
    await assert.rejects(file.read("a", { signal: controller.signal }), /enough/);
    assert.deepEqual(await file.read("a"), data);
    await assert.rejects(
      file.read("c"),
      (e) => e instanceof FormatError && /"c": there is no such tensor/.test(e.message),
    );
  }));
