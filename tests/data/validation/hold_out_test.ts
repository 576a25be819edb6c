import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import type { Conversation } from "../../../src/data/document.ts";
import { holdOut, type TokenDataset } from "../../../src/data/tokens/token_dataset.ts";
import type { HeldOut, HoldOutOptions } from "../../../src/data/validation/hold_out.ts";
import type { Window } from "../../../src/data/windows/window.ts";
import { all, ByteEncoder, decode } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const context = 16;
const text = (i: number, size: number) => `${i} ${"lorem ipsum dolor ".repeat(100)}`.slice(0, size);
const documents = (count: number, size: number) =>
  Dataset.from(
    Array.from({ length: count }, (_, i) => ({ text: text(i, size), id: `${i}`, source: "test" })),
  );

async function read(tokens: TokenDataset): Promise<{ windows: Window[]; documents: string[]; full: number }> {
  const prepared = await tokens.prepare();
  const windows = await all(prepared.ordered());
  const ids = windows.flatMap((
    { ids, targets },
    i,
  ) => [...(i === 0 ? [ids[0]] : []), ...[...targets].filter((t) => t !== -100)]);
  const full = prepared.windows;
  prepared.close();
  return {
    windows,
    full,
    documents: ids.join(" ").split(/ ?\b2\b ?/).map((part) => decode(part.split(" ").map(Number))).filter(
      Boolean,
    ),
  };
}

const heldOutOf = (dataset: Dataset, options: HoldOutOptions): Promise<HeldOut<TokenDataset>> =>
  dataset.tokenize(new ByteEncoder(), { context })[holdOut](options);

Deno.test("of many documents the share is held out by hash, whole, and never trained on", () =>
  inFolder(async () => {
    const { train, validation, description } = await heldOutOf(documents(400, 80), { share: 0.1 });
    const [left, held] = [await read(train), await read(validation!)];
    assert.equal(left.documents.length + held.documents.length, 400);
    assert.ok(held.documents.length > 20 && held.documents.length < 60, `${held.documents.length}`);
    assert.equal(new Set([...left.documents, ...held.documents]).size, 400);
    assert.equal(description, "10.0% of the records, by hash of their ids");
    const more = await read((await heldOutOf(documents(500, 80), { share: 0.1 })).validation!);
    const old = new Set(more.documents.filter((document) => Number(document.split(" ")[0]) < 400));
    assert.deepEqual(
      [...old].sort(),
      held.documents.sort(),
      "documents that were there before keep their part",
    );
    const other = await read((await heldOutOf(documents(400, 80), { share: 0.1, seed: 1 })).validation!);
    assert.notDeepEqual(other.documents.sort(), held.documents.sort());
  }));

Deno.test("a share too small for the least number of windows is raised just as far as needed", () =>
  inFolder(async () => {
    const { train, validation, description } = await heldOutOf(documents(100, 40), { share: 0.01 });
    const held = await read(validation!);
    assert.ok(
      held.full >= 8 && held.documents.length <= 5,
      `${held.full} windows of ${held.documents.length} documents`,
    );
    assert.equal((await read(train)).documents.length, 100 - held.documents.length);
    assert.match(
      description,
      /^\d\.\d% of the records, by hash of their ids, raised from 1\.0% to reach 8 windows$/,
    );
  }));

Deno.test("of less than twenty documents the tail of each is held out, cut at a white space", () =>
  inFolder(async () => {
    const source = documents(3, 900);
    const { train, validation, description } = await heldOutOf(source, { share: 0.1 });
    const [left, held] = [await read(train), await read(validation!)];
    assert.deepEqual(
      left.documents.map((head, i) => head + held.documents[i]),
      (await source.toArray()).map(({ text }) => text),
    );
    assert.ok(left.documents.every((head) => head.endsWith(" ")));
    assert.ok(held.full >= 8);
    assert.equal(description, "the last 10.0% of each of 3 documents");
    const raised = await heldOutOf(documents(3, 900), { share: 0.01 });
    assert.ok((await read(raised.validation!)).full >= 8);
    assert.match(
      raised.description,
      /the last [5-9]\.\d% of each of 3 documents, raised from 1\.0% to reach 8 windows$/,
    );
  }));

Deno.test("very little text gives at most its half", () =>
  inFolder(async () => {
    const few = await heldOutOf(documents(2, 60), { share: 0.1 });
    assert.match(
      few.description,
      /the last 50\.0% of each of 2 documents, raised from 10\.0% .* \(there is too little text\)$/,
    );
    const many = await heldOutOf(documents(25, 3), { share: 0.1 });
    assert.match(many.description, /50\.0% of the records, .* \(there is too little text\)/);
    const [left, held] = [await read(many.train), await read(many.validation!)];
    assert.ok(left.documents.length > 0 && held.documents.length > 0);
  }));

Deno.test("of conversations at least one is held out and at least one is left; of one, none", () =>
  inFolder(async () => {
    const talks = (count: number) =>
      Dataset.from<Conversation>(
        Array.from(
          { length: count },
          (_, i) => ({ messages: [{ role: "assistant", content: `answer ${i}` }], source: "x" }),
        ),
      ).tokenize(new ByteEncoder(), { context });
    for (const count of [2, 3, 10, 200]) {
      const { train, validation } = await talks(count)[holdOut]({ share: 0.05 });
      const sizes = await Promise.all([train, validation!].map(async (part) => {
        const prepared = await part.prepare();
        prepared.close();
        return prepared.sources[0].documents;
      }));
      assert.equal(sizes[0] + sizes[1], count);
      assert.ok(sizes[0] > 0 && sizes[1] > 0, `${sizes}`);
    }
    const single = await talks(1)[holdOut]({ share: 0.05 });
    assert.equal(single.validation, undefined);
    assert.equal(single.description, "none: only one conversation");
  }));

Deno.test("each source of a mixture is held out by itself", () =>
  inFolder(async () => {
    const mix = Dataset.mix({
      many: { from: documents(300, 60), weight: 0.9 },
      book: { from: documents(1, 1700), weight: 0.1, maxEpochs: 2 },
    });
    const { train, validation, description } = await heldOutOf(mix, { share: 0.1 });
    assert.equal(
      description,
      "many: 10.0% of the records, by hash of their ids\nbook: the last 10.0% of the only document",
    );
    const [left, held] = await Promise.all([train.prepare(), validation!.prepare()]);
    assert.deepEqual(left.sources.map(({ name, weight, maxEpochs }) => [name, weight, maxEpochs]), [[
      "many",
      0.9,
      undefined,
    ], ["book", 0.1, 2]]);
    assert.deepEqual(held.sources.map(({ documents }) => documents > 0), [true, true]);
    assert.equal(left.bytes + held.bytes, 300 * 60 + 1700);
    left.close();
    held.close();
  }));

Deno.test("rows of tokens are left whole", async () => {
  const rows = Dataset.tokens([Uint32Array.of(1, 2, 3)]);
  const { train, validation, description } = await rows[holdOut]({ share: 0.1 });
  assert.equal(train, rows);
  assert.equal(validation, undefined);
  assert.equal(description, "none: rows of token ids are used as they are");
});

Deno.test("the choice tokenizes no more than it has to know: a few windows, and of few documents the tails", async () => {
  const tokenized = async (dataset: Dataset) => {
    let bytes = 0;
    const encoder = new ByteEncoder();
    const encode = encoder.encode.bind(encoder);
    encoder.encode = (text, options) => {
      bytes += text.length;
      return encode(text, options);
    };
    await dataset.tokenize(encoder, { context })[holdOut]({ share: 0.1 });
    return bytes;
  };
  const windows = 8 * (context + 1);
  assert.ok(await tokenized(documents(400, 80)) < 10 * windows);
  const tails = await tokenized(documents(3, 1700));
  assert.ok(tails > 0 && tails <= windows + 170, `${tails}`);
});
