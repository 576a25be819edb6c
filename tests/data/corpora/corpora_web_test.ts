import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { TextClassifier } from "../../../src/data/filters/classifier.ts";
import { NgramModel } from "../../../src/data/filters/ngram_model.ts";
import { concat } from "../../../src/formats/bytes.ts";
import { ByteEncoder, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const record = (url: string, body: string, type = "conversion", contentType = "text/plain") => {
  const bytes = new TextEncoder().encode(body);
  const head =
    `WARC/1.0\r\nWARC-Type: ${type}\r\nWARC-Target-URI: ${url}\r\nWARC-Record-ID: <urn:${url}>\r\n` +
    `Content-Type: ${contentType}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return gzipSync(concat([new TextEncoder().encode(head), bytes, new TextEncoder().encode("\r\n\r\n")]));
};

const english =
  "The quick brown fox jumps over the lazy dog, and then it runs away into the deep forest again. ".repeat(4);
const german =
  "Der schnelle braune Fuchs springt über den faulen Hund und läuft dann in den tiefen Wald zurück. ".repeat(
    4,
  );

async function wet(folder: string, name: string, pages: [string, string][]): Promise<string> {
  const path = `${folder}/${name}.warc.wet.gz`;
  const records = [
    record("info", "software: x", "warcinfo"),
    ...pages.map(([url, text]) => record(url, text)),
  ];
  await Deno.writeFile(path, concat(records));
  return path;
}

Deno.test("CommonCrawl pages go through every step in the paper's order; a missing model is shown", () =>
  inFolder(async (folder) => {
    const path = await wet(folder, "a", [
      ["one", `Title one\nHome | About\n${english}\n\n`],
      ["two", `Title two\nHome | About\n${english.replace("quick", "slow")}\n\n`],
      ["three", `Titel\nHome | About\n${german}\n\n`],
      ["short", "Title\nShort.\n\n"],
    ]);
    const crawl = Dataset.commonCrawl(path);
    const pages = await crawl.toArray();
    assert.deepEqual(pages.map(({ id, meta }) => [id, meta?.title, meta?.url, meta?.language]), [
      ["<urn:one>", "Title one", "one", "en"],
      ["<urn:two>", "Title two", "two", "en"],
    ]);
    assert.ok(pages.every(({ text }) => !text.includes("Home")));
    assert.deepEqual(crawl.lineage.map(({ step }) => step), [
      `warc ${path}`,
      "page text",
      "at least characters 300",
      "dedup by line, normalize ccnet, keep none, scope 50 files",
      "language keep en, min 0.5",
      "perplexity off: no model",
      "quality off: no model",
    ]);
    assert.match(String(crawl), /\n {2}↓ perplexity off: no model +2 kept/);
    const steps = (await crawl.stats()).steps;
    assert.deepEqual(steps.map(({ dropped }) => dropped), [
      {},
      {},
      { short: 1 },
      {},
      { "language de": 1 },
      {},
      {},
    ]);
    const languageModel = await NgramModel.trainOn([english], { tokenizer: new ByteEncoder(), order: 3 });
    const references = await TextClassifier.train([english], [german], { heldOut: 0, buckets: 1 << 10 });
    const all = Dataset.commonCrawl(path, {
      languageModel,
      references,
      cutoffs: [1e3, 1e4],
      language: false,
    });
    assert.deepEqual((await all.toArray()).map(({ id }) => id), ["<urn:one>", "<urn:two>"]);
    assert.match(
      all.lineage.map(({ step }) => step).join("\n"),
      /perplexity model order 3, keep head middle, cutoffs 1000 10000\nquality min 0\.25/,
    );
  }));

Deno.test("HTML pages of WARC files are read as text, in their character set", () =>
  inFolder(async (folder) => {
    const html =
      "<html><head><title>A &amp; B</title><script>x</script></head><body><nav>Menu</nav><p>Some text.</p></body></html>";
    const http = (type: string, body: string) =>
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nX: y\r\n\r\n${body}`;
    await Deno.writeFile(
      `${folder}/a.warc.gz`,
      concat([
        record("u1", http("text/html; charset=utf-8", html), "response", "application/http"),
        record("u2", http("image/png", "x"), "response", "application/http"),
        record("u3", "GET /", "request"),
        record("u4", html.replace("Some", "Résource"), "resource", "text/html"),
      ]),
    );
    const pages = await Dataset.commonCrawl(`${folder}/a.warc.gz`, {
      leastCharacters: 1,
      groups: false,
      language: false,
    }).toArray();
    assert.deepEqual(pages.map(({ text, meta }) => [text, meta?.title]), [
      ["Menu\n\nSome text.", "A & B"],
      ["Menu\n\nRésource text.", "A & B"],
    ]);
  }));

Deno.test("C4's own rows and WET pages go through its rules; spans of three sentences stay in one place", () =>
  inFolder(async (folder) => {
    const s = (n: number) => `This is the sentence number ${n} of all.`;
    const page = (...numbers: number[]) => numbers.map(s).join(" ");
    const rows = [page(1, 2, 3, 4, 5), page(9, 2, 3, 4, 10, 11, 12), page(1, 2, 3, 20), "Too short."].map((
      text,
    ) => ({
      text,
      url: "u",
      timestamp: "t",
    }));
    await Deno.writeTextFile(`${folder}/c4.jsonl`, rows.map((row) => JSON.stringify(row)).join("\n"));
    const c4 = Dataset.c4(`${folder}/c4.jsonl`);
    const pages = await c4.toArray();
    assert.deepEqual(pages.map(({ text }) => text.match(/\d+/g)?.join(" ")), ["1 2 3 4 5", "9 10 11 12"]);
    const steps = (await c4.stats()).steps;
    assert.deepEqual(steps.map(({ step }) => step.split(" ")[0]), ["jsonl", "clean", "language", "spans"]);
    assert.deepEqual(steps[1].dropped, { "few sentences": 1 });
    assert.deepEqual(steps[3].dropped, { "few sentences left": 1 });
    assert.deepEqual(steps[3].notes, { "sentences cut": 6 });
    const plain = await Dataset.c4(`${folder}/c4.jsonl`, { rules: false, language: false, spans: false })
      .toArray();
    assert.equal(plain.length, 4);
    const path = await wet(folder, "b", [["one", `Title\n${page(1, 2, 3)}\n\n`]]);
    assert.equal((await Dataset.c4(path).toArray()).length, 1);
    const wrong = await failure(() => Dataset.c4(path, { rules: { leastWord: 3 } as never }));
    assert.match(wrong.message, /c4\.rules\.leastWord: unknown option, did you mean "leastWords"\?/);
  }));

Deno.test("the paper's mixture has the weights of Table 1 and knows no other sources", () => {
  const some = (name: string) => Dataset.from([{ text: name }], { name });
  const names = ["commonCrawl", "c4", "github", "wikipedia", "books", "arxiv", "stackExchange"];
  const llama = Dataset.llama(Object.fromEntries(names.map((name) => [name, some(name)])));
  assert.deepEqual(llama.plan.mix?.map(({ weight }) => Number(weight.toFixed(3))), [
    0.67,
    0.15,
    0.045,
    0.045,
    0.045,
    0.025,
    0.02,
  ]);
  const two = Dataset.llama({ books: some("a"), github: some("b") });
  assert.deepEqual(two.plan.mix?.map(({ name, weight }) => [name, weight]), [["books", 0.5], [
    "github",
    0.5,
  ]]);
  assert.throws(
    () => Dataset.llama({ book: some("a") } as never),
    (error) =>
      error instanceof ConfigError &&
      /Dataset\.llama\.book: unknown source, did you mean books\?/.test(error.message),
  );
  assert.throws(() => Dataset.llama({}), /at least one source is needed/);
});

/** Writes responses as members of a WARC file. */
async function responses(path: string, pages: [string, Uint8Array | string][]): Promise<string> {
  const encoder = new TextEncoder();
  const members = pages.map(([head, body], i) => {
    const bytes = concat([
      encoder.encode(`${head}\r\n\r\n`),
      typeof body === "string" ? encoder.encode(body) : body,
    ]);
    const warc =
      `WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: ${i}\r\nContent-Type: application/http\r\n` +
      `Content-Length: ${bytes.length}\r\n\r\n`;
    return gzipSync(concat([encoder.encode(warc), bytes, encoder.encode("\r\n\r\n")]));
  });
  await Deno.writeFile(path, concat(members));
  return path;
}

Deno.test("pages of WARC files come through every encoding; other statuses, damage and lost characters are counted", () =>
  inFolder(async (folder) => {
    const html =
      "<html><head><title>Tea</title></head><body><p>Green tea — grown in the hills.</p></body></html>";
    const bytes = new TextEncoder().encode(html);
    const half = [bytes.subarray(0, 50), bytes.subarray(50)];
    const chunked = concat(
      half.flatMap((part) => [
        new TextEncoder().encode(`${part.length.toString(16)}\r\n`),
        part,
        new TextEncoder().encode("\r\n"),
      ]).concat(new TextEncoder().encode("0\r\n\r\n")),
    );
    const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";
    const path = await responses(`${folder}/a.warc.gz`, [
      [ok, html],
      [`${ok}\r\nTransfer-Encoding: chunked`, chunked],
      [`${ok}\r\nTransfer-Encoding: chunked`, html],
      [`${ok}\r\nContent-Encoding: gzip`, gzipSync(html)],
      ["HTTP/1.1 404 Not Found\r\nContent-Type: text/html", html],
      ["HTTP/1.1 301 Moved\r\nContent-Type: text/html", ""],
      ["HTTP/1.1 200 OK\r\nContent-Type: image/png", "\x89PNG"],
      ["HTTP/1.1 200 OK\r\nContent-Type: text/plain", Uint8Array.of(1, 0, 2, 3, 0, 5, 0, 0)],
      [`${ok}\r\nContent-Encoding: gzip`, gzipSync(html).fill(0, 12, 40)],
      ["HTTP/1.1 200 OK\r\nContent-Type: text/html", "%PDF-1.7\n1 0 obj"],
      [ok, Uint8Array.of(...bytes.subarray(0, -20), 0xff, ...bytes.subarray(-20))],
    ]);
    const pages = Dataset.c4(path, { rules: false, language: false, spans: false });
    const texts = (await pages.toArray()).map(({ text }) => text);
    assert.deepEqual(texts.slice(0, 4), Array(4).fill("Green tea — grown in the hills."));
    const [, { dropped, notes }] = (await pages.stats()).steps;
    assert.deepEqual(dropped, {
      "HTTP status 404": 1,
      "HTTP status 301": 1,
      "neither HTML nor text": 1,
      "not text": 2,
      "a body that cannot be unpacked (gzip)": 1,
    });
    assert.deepEqual(notes, { "characters that cannot be decoded (U+FFFD)": 1 });
    await pages.write(`${folder}/out.jsonl`, { rejects: `${folder}/rejects.jsonl` });
    const rejects = (await Deno.readTextFile(`${folder}/rejects.jsonl`)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(rejects.map(({ record }) => record.meta.url), ["4", "5", "6", "7", "8", "9"]);
    for (const workers of [0, 1]) assert.equal((await pages.stats({ workers })).records, 5);
  }));
