import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { addressesOf } from "../../../src/data/io/download_cache.ts";
import { failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const rows = Array.from(
  { length: 2000 },
  (_, i) => JSON.stringify({ text: `row ${i} ${"x".repeat(i % 90)}` }),
).join("\n");
const files: Record<string, Uint8Array> = {
  "data/one.jsonl": new TextEncoder().encode(rows),
  "data/two.jsonl.gz": gzipSync('{"text":"packed"}'),
  "data/deep/three.jsonl": new TextEncoder().encode('{"text":"deep"}'),
  "README.md": new TextEncoder().encode("read me"),
};

/** A connection that breaks `times` times after `bytes` bytes. */
interface Trouble {
  after: number;
  times: number;
}

/** Starts a hub and web server on this machine, which records the requests. */
async function serving(
  run: (url: string, asked: string[], trouble: Trouble) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const trouble = { after: 0, times: 0 };
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range");
    asked.push(`${pathname}${range ? ` ${range}` : ""}`);
    if (pathname === "/api/datasets/owner/name/tree/main") {
      return Response.json(
        Object.keys(files).map((path) => ({ type: "file", path, size: files[path].length })),
      );
    }
    const name = pathname.replace(/^\/(datasets\/owner\/name\/resolve\/(main|v2)|plain)\//, "");
    if (!(name in files)) {
      return new Response("no", { status: 404, headers: { "x-error-code": "EntryNotFound" } });
    }
    return answer(files[name], range, request.headers.get("if-range"), trouble);
  });
  const { port } = server.addr as Deno.NetAddr;
  Deno.env.set("HF_ENDPOINT", `http://127.0.0.1:${port}`);
  try {
    await run(`http://127.0.0.1:${port}`, asked, trouble);
  } finally {
    Deno.env.delete("HF_ENDPOINT");
  }
}

function answer(bytes: Uint8Array, range: string | null, tag: string | null, trouble: Trouble): Response {
  const [, first, last] = /bytes=(\d+)-(\d*)/.exec(range ?? "") ?? [];
  const partial = range !== null && (tag === null || tag === '"v1"');
  const part = partial ? bytes.subarray(Number(first), last ? Number(last) + 1 : undefined) : bytes;
  const headers = {
    etag: '"v1"',
    "content-length": String(part.length),
    ...(partial
      ? { "content-range": `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}` }
      : {}),
  };
  const cut = trouble.times > 0 && part.length > trouble.after;
  if (cut) trouble.times--;
  const body = new ReadableStream<Uint8Array>({
    start(control) {
      control.enqueue(cut ? part.slice(0, trouble.after) : part.slice());
      if (!cut) control.close();
    },
    async pull(control) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      control.error(new Error("cut off"));
    },
  });
  return new Response(body, { status: partial ? 206 : 200, headers });
}

Deno.test("a file behind an address is fetched once and read like any other", () =>
  inFolder(() =>
    serving(async (url, asked) => {
      const dataset = Dataset.jsonl(`${url}/plain/data/one.jsonl?download=1`, { text: "text" });
      const { fingerprint } = dataset;
      assert.deepEqual(asked, []);
      const read = await dataset.toArray();
      assert.equal(read.length, 2000);
      assert.equal(read[0].id, `${url}/plain/data/one.jsonl?download=1:1`);
      assert.deepEqual(await dataset.toArray(), read);
      assert.equal(asked.length, 1);
      assert.equal(dataset.fingerprint, fingerprint);
      const error = await failure(() => Dataset.text(`${url}/plain/none.txt`).toArray());
      assert.ok(error instanceof DataError);
      assert.match(error.message, /Cannot download .*none\.txt: the server said 404 .*check the address/);
    })
  ));

Deno.test("a download that is cut off goes on where it stopped, in this call and in the next", () =>
  inFolder(() =>
    serving(async (url, asked, trouble) => {
      const dataset = Dataset.jsonl(`${url}/plain/data/one.jsonl`, { text: "text" });
      [trouble.after, trouble.times] = [30_000, 3];
      const error = await failure(() => dataset.toArray());
      assert.match(error.message, /try again, the download resumes where it ended/);
      [trouble.after, trouble.times] = [1000, 1];
      assert.equal((await dataset.toArray()).length, 2000);
      assert.deepEqual(asked.map((line) => line.slice(21)), [
        "",
        " bytes=30000-",
        " bytes=60000-",
        " bytes=90000-",
        " bytes=91000-",
      ]);
    })
  ));

Deno.test("hf:// names files and globs of a repository, with the nearest name for a slip", () =>
  inFolder(() =>
    serving(async (_, asked) => {
      const texts = async (address: string) =>
        (await Dataset.jsonl(address, { text: "text" }).toArray()).map(({ text }) => text);
      assert.deepEqual(await texts("hf://owner/name/data/two.jsonl.gz"), ["packed"]);
      assert.deepEqual(await texts("hf://datasets/owner/name@v2/data/deep/three.jsonl"), ["deep"]);
      assert.equal((await texts("hf://owner/name/data/*.jsonl*")).length, 2001);
      assert.equal((await texts("hf://owner/name/**/*.jsonl")).length, 2001);
      const addresses = await addressesOf("hf://owner/name/data/t*.jsonl.gz");
      assert.deepEqual(addresses, ["hf://datasets/owner/name/data/two.jsonl.gz"]);
      assert.deepEqual(await texts(addresses[0]), ["packed"]);
      assert.deepEqual(await addressesOf("https://example.com/x.jsonl"), ["https://example.com/x.jsonl"]);
      const before = asked.length;
      await texts("hf://owner/name/data/two.jsonl.gz");
      assert.equal(asked.length, before);
      const slip = await failure(() => texts("hf://owner/name/data/tow.jsonl.gz"));
      assert.match(slip.message, /the repository has no such file, did you mean data\/two\.jsonl\.gz\?/);
      assert.match(
        (await failure(() => texts("hf://owner/name/*.csv"))).message,
        /no file of owner\/name matches it/,
      );
      assert.match((await failure(() => texts("hf://owner"))).message, /must be hf:\/\/owner\/name\/path/);
    })
  ));
