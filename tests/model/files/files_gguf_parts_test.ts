// Split GGUF models: loaded from any part, from their folder, and from the hub; a missing part is named.
import assert from "node:assert/strict";
import { openGguf } from "../../../src/formats/gguf/reader.ts";
import { writeGguf, type WrittenValue } from "../../../src/formats/gguf/writer.ts";
import { Model } from "../../../src/model/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { testDevice } from "../../support/device.ts";

/** Writes the tensors of a file as `count` parts; the first one has the values. */
async function split(path: string, count: number): Promise<string[]> {
  using file = await openGguf(path);
  const names = [...file.tensors.keys()];
  const u32 = (value: number): WrittenValue => ({ type: "u32", value });
  const typed = (value: unknown): WrittenValue =>
    typeof value === "string" ? { type: "string", value } : { type: "f32", value: value as number };
  const paths: string[] = [];
  for (let no = 0; no < count; no++) {
    const own = names.filter((_, i) => i % count === no);
    const shared = no === 0 ? [...file.values].map(([key, value]) => [key, typed(value)] as const) : [];
    const counts = [["no", no], ["count", count], ["tensors.count", names.length]] as const;
    const values = new Map([
      ...shared,
      ...counts.map(([key, value]) => [`split.${key}`, u32(value)] as const),
    ]);
    const part = path.replace(".gguf", `-0000${no + 1}-of-0000${count}.gguf`);
    const tensors = own.map((name) => ({ name, shape: file.tensors.get(name)!.shape, type: "F32" as const }));
    await writeGguf(part, values, tensors, data(own));
    paths.push(part);
  }
  return paths;
  async function* data(own: string[]) {
    for (const name of own) yield whole(name);
  }
  async function* whole(name: string) {
    const { shape } = file.tensors.get(name)!;
    yield await file.matrix(name).read(0, shape.length > 1 ? shape[0] : 1);
  }
}

const shape = { dim: 24, layers: 2, heads: 3, hidden: 40, vocabSize: 61 };

Deno.test("a split model loads from any of its parts and from its folder", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create(shape, { context: 40, device });
    await model.save(`${folder}/m.gguf`);
    const paths = await split(`${folder}/m.gguf`, 3);
    await Deno.remove(`${folder}/m.gguf`);
    for (const path of [...paths, folder]) {
      using loaded = await Model.load(path, { device });
      assert.deepEqual(await loaded.parameters(), await model.parameters(), path);
    }
    await Deno.remove(paths[1]);
    await assert.rejects(Model.load(paths[2], { device }), /m-00002-of-00003\.gguf: part 2 of 3 is missing/);
    await assert.rejects(Model.load(folder, { device }), /m-00002-of-00003\.gguf: part 2 of 3 is missing/);
  }));

Deno.test("an address of one part on the hub downloads all of them", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create(shape, { context: 40, device });
    await model.save(`${folder}/split.gguf`);
    await split(`${folder}/split.gguf`, 2);
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const name = new URL(request.url).pathname.split("/").at(-1)!;
      const body = await Deno.readFile(`${folder}/${name}`).catch(() => null);
      if (!body) return new Response("no", { status: 404, headers: { "x-error-code": "EntryNotFound" } });
      const [, first = "0", last] = /bytes=(\d+)-(\d*)/.exec(request.headers.get("range") ?? "") ?? [];
      const part = body.slice(Number(first), last ? Number(last) + 1 : undefined);
      const range = `bytes ${first}-${Number(first) + part.length - 1}/${body.length}`;
      const headers = { etag: '"v1"', "content-range": range };
      return new Response(part, { status: request.headers.has("range") ? 206 : 200, headers });
    });
    Deno.env.set("HF_ENDPOINT", `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}`);
    try {
      using loaded = await Model.load("hf://owner/parts/sub/split-00002-of-00002.gguf", { device });
      assert.deepEqual(await loaded.parameters(), await model.parameters());
    } finally {
      Deno.env.delete("HF_ENDPOINT");
    }
  }));
