// Models of the hub, served by a local server: downloaded once, with resume, and used offline afterwards.
import assert from "node:assert/strict";
import { ConfigError, DataError, FormatError } from "../../../src/base/errors.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { testDevice } from "../../support/device.ts";

/** Serves the files of `folder` as the model owner/name while `run` runs; `cut` connections break after 5,000 bytes. */
async function serving(
  folder: string,
  run: (asked: string[], trouble: { cut: number }) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const trouble = { cut: 0 };
  const read = (name: string) => Deno.readFileSync(`${folder}/${name}`);
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range");
    asked.push(`${pathname}${range ? ` ${range}` : ""}`);
    const names = [...Deno.readDirSync(folder)].filter((entry) => entry.isFile).map(({ name }) => name);
    if (/^\/api\/models\/owner\/name\/tree\/(main|v1)$/.test(pathname)) {
      return Response.json(names.map((path) => ({ type: "file", path, size: read(path).length })));
    }
    const name = /^\/owner\/name\/resolve\/(?:main|v1)\/(.*)$/.exec(pathname)?.[1] ?? "";
    if (!names.includes(name)) {
      return new Response("no", { status: 404, headers: { "x-error-code": "EntryNotFound" } });
    }
    return answer(read(name), range, trouble);
  });
  Deno.env.set("HF_ENDPOINT", `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}`);
  try {
    await run(asked, trouble);
  } finally {
    Deno.env.delete("HF_ENDPOINT");
  }
}

function answer(bytes: Uint8Array, range: string | null, trouble: { cut: number }): Response {
  const [, first = "0", last] = /bytes=(\d+)-(\d*)/.exec(range ?? "") ?? [];
  const part = bytes.slice(Number(first), last ? Number(last) + 1 : undefined);
  const headers: Record<string, string> = { etag: '"v1"', "content-length": String(part.length) };
  if (range) headers["content-range"] = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  const cut = trouble.cut > 0 && part.length > 5000;
  if (cut) trouble.cut--;
  const body = new ReadableStream<Uint8Array>({
    start(control) {
      control.enqueue(cut ? part.slice(0, 5000) : part);
      if (!cut) control.close();
    },
    async pull(control) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      control.error("cut off");
    },
  });
  return new Response(body, { status: range ? 206 : 200, headers });
}

const shape = { dim: 24, layers: 2, heads: 3, hidden: 40 };

Deno.test("a model of the hub is downloaded once, an interrupted file continues at its last byte, and then it needs no hub", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const text = "the llama hums on every hill while wind carries grass ";
    const tokenizer = (await Tokenizer.train([text.repeat(20)], { vocabSize: 290 })).withTemplate("plain");
    using model = await Model.create(shape, { tokenizer, context: 40, device });
    await model.save(`${folder}/repo`, { shardBytes: 30_000 });
    await Deno.writeTextFile(`${folder}/repo/training.log`, "not needed");
    await model.save(`${folder}/repo/q.gguf`);
    await serving(`${folder}/repo`, async (asked, trouble) => {
      trouble.cut = 100;
      const failure = await Model.load("hf://owner/name", { device }).then(
        () => undefined,
        (error: Error) => error,
      );
      assert.ok(failure instanceof DataError, String(failure));
      assert.match(failure.message, /the download resumes where it ended/);
      trouble.cut = 2;
      using loaded = await Model.load("hf://owner/name", { device });
      assert.ok(asked.some((line) => line.endsWith("bytes=5000-")), "nothing was resumed");
      assert.ok(!asked.some((line) => line.includes("training.log") || line.includes("README")));
      assert.deepEqual(await loaded.parameters(), await model.parameters());
      assert.equal(loaded.name, "name");
      assert.equal(loaded.tokenizer!.fingerprint, tokenizer.fingerprint);
      const count = asked.length;
      (await Model.load("hf://owner/name", { device })).dispose();
      assert.equal(asked.length, count, "the second load asked the hub");
      using revision = await Model.load("hf://models/owner/name@v1", { device });
      assert.equal(revision.name, "name");
      using gguf = await Model.load("hf://owner/name@v1/q.gguf", { device });
      assert.equal(gguf.name, "q");
      assert.deepEqual(await gguf.parameters(), await model.parameters());
      assert.ok(asked.slice(count).every((line) => line.includes("v1")), asked.slice(count).join("\n"));
    });
  }));

Deno.test("a repository without safetensors, and one that does not exist, are refused with the reason", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/repo`);
    for (const name of ["config.json", "pytorch_model.bin"]) {
      await Deno.writeTextFile(`${folder}/repo/${name}`, "{}");
    }
    await serving(`${folder}/repo`, async () => {
      await assert.rejects(Model.load("hf://owner/name"), (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(
          error.message,
          /expected config.json and model.safetensors .* holds .*pytorch_model.bin.*convert it in Python/,
        );
        return true;
      });
      await assert.rejects(Model.load("hf://owner/other"), DataError);
      for (
        const address of [
          "hf://name",
          "hf://../name",
          "hf://owner/..",
          "hf://owner/.hidden",
          "hf://owner/name@..",
          "hf://owner/name@a..b",
          "hf://owner/name/../other/config.json",
          "hf://owner/name/a/../../x.gguf",
          "hf://owner/name/%2e%2e/x.gguf",
          "hf://owner/name/..\\x.gguf",
          "hf://owner/name//x.gguf",
          "hf://models/../name",
        ]
      ) {
        await assert.rejects(Model.load(address), (error: Error) => {
          assert.ok(error instanceof ConfigError, `${address}: ${error}`);
          assert.match(error.message, /must be hf:\/\/owner\/name/);
          return true;
        });
      }
    });
  }));
