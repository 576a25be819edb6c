import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { Window } from "../../../src/data/windows/window.ts";
import { all, ByteEncoder, decode, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

/** Returns texts of odd lengths, some with characters of 2 to 4 bytes. */
function texts(count: number, seed: number): string[] {
  const random = new Random(seed);
  const letters = ["a", "b", " ", "é", "灌", "🦙"];
  return Array.from(
    { length: count },
    () => Array.from({ length: 1 + random.below(60) }, () => letters[random.below(6)]).join(""),
  );
}

const documents = (list: string[]) => list.map((text, i) => ({ text, id: `${i}`, source: "test" }));
const bytes = (text: string) => new TextEncoder().encode(text).length;
const stream = (list: string[]) =>
  list.flatMap((text) => [...new ByteEncoder().encode(text, { bos: true, eos: true })]);
const kept = (window: Window) => [...window.targets].filter((target) => target !== -100);

Deno.test("packing loses no token and no byte, for any sizes", () =>
  inFolder(async () => {
    for (const [count, context] of [[1, 8], [3, 9], [7, 31], [40, 17], [41, 100], [5, 1000], [200, 13]]) {
      const list = texts(count, count);
      const ids = stream(list);
      const prepared = await Dataset.from(documents(list)).tokenize(new ByteEncoder(), { context }).prepare();
      const windows = await all(prepared.ordered());
      assert.deepEqual([ids[0], ...windows.flatMap(kept)], ids, `${count} texts in windows of ${context}`);
      assert.equal(prepared.windows, Math.floor((ids.length - 1) / context));
      assert.equal(prepared.tokens, ids.length);
      assert.equal(1 + prepared.windows * context + prepared.dropped, ids.length);
      const total = list.reduce((sum, text) => sum + bytes(text), 0);
      assert.equal(prepared.bytes, total);
      assert.equal(windows.reduce((sum, window) => sum + window.bytes, 0), total);
      for (const { ids, targets, first } of windows) {
        assert.equal(ids.length, context + 1);
        assert.equal(targets.length, context);
        assert.equal(first.length, context);
        assert.ok(first.every((at) => at === 0));
        for (let t = 0; t < context; t++) assert.ok(targets[t] === -100 || targets[t] === ids[t + 1]);
      }
      prepared.close();
    }
  }));

Deno.test("with a document mask each position knows where its document begins, and none predicts the next document", () =>
  inFolder(async () => {
    const list = texts(30, 3);
    const encoder = new ByteEncoder();
    const context = 21;
    const tokens = Dataset.from(documents(list)).tokenize(encoder, { context, documentMask: true });
    const prepared = await tokens.prepare();
    const ids = stream(list);
    assert.equal(prepared.documentMask, true);
    let position = 0;
    for (const window of await all(prepared.ordered())) {
      let begin = 0;
      for (let t = 0; t < context && position < ids.length - 1; t++, position++) {
        assert.equal(window.ids[t], ids[position]);
        if (ids[position] === encoder.bosId) begin = t;
        assert.equal(window.first[t], begin);
        assert.equal(window.targets[t], ids[position + 1] === encoder.bosId ? -100 : ids[position + 1]);
      }
    }
    assert.equal(position, ids.length - 1);
    prepared.close();
  }));

Deno.test("a document as long as many windows, and windows of many documents, find their borders", () =>
  inFolder(async () => {
    const list = [..."abc".repeat(100), "x".repeat(2000), ..."de".repeat(150)];
    const context = 250;
    const tokens = Dataset.from(documents(list)).tokenize(new ByteEncoder(), { context, documentMask: true });
    const prepared = await tokens.prepare();
    const learned = (await all(prepared.ordered())).flatMap(kept);
    assert.equal(learned.length, stream(list).length - list.length);
    assert.equal(decode(learned), list.join(""));
    prepared.close();
  }));

Deno.test("the n-th window depends on the seed and n alone, also after reopening, and epochs hold all windows", () =>
  inFolder(async () => {
    const tokens = Dataset.from(documents(texts(60, 8))).tokenize(new ByteEncoder(), { context: 16 });
    const first = await tokens.prepare();
    const second = await tokens.prepare();
    const count = first.windows;
    const order = Array.from({ length: 2 * count }, (_, n) => first.windowAt(n, 7));
    for (const n of [2 * count - 1, 0, count, 5]) assert.deepEqual(second.windowAt(n, 7), order[n]);
    const sorted = (windows: Window[]) => windows.map(({ ids }) => ids.join()).sort();
    const full = (await all(first.ordered())).slice(0, count);
    assert.deepEqual(sorted(order.slice(0, count)), sorted(full));
    assert.deepEqual(sorted(order.slice(count)), sorted(full));
    assert.notDeepEqual(order.slice(0, count), order.slice(count));
    assert.notDeepEqual(Array.from({ length: count }, (_, n) => first.windowAt(n, 8)), order.slice(0, count));
    assert.deepEqual(Array.from({ length: count }, (_, n) => first.windowAt(n, 7, false)), full);
    assert.deepEqual(first.epochs(3 * count), [3]);
    first.close();
    second.close();
  }));

Deno.test("a mixture packs each source by itself and draws exact quotas", () =>
  inFolder(async () => {
    const [a, b] = [texts(50, 1), texts(9, 2)];
    const mix = Dataset.mix({
      a: { from: Dataset.from(documents(a)), weight: 3 },
      b: { from: Dataset.from(documents(b)), weight: 1, maxEpochs: 3 },
    });
    const tokens = mix.filter(({ text }) => text.length > 1, { name: "long" }).tokenize(new ByteEncoder(), {
      context: 10,
    });
    const prepared = await tokens.prepare();
    const drawn = Array.from({ length: 2000 }, (_, n) => prepared.windowAt(n, 42).source);
    assert.equal(drawn.slice(0, 1000).filter((name) => name === "a").length, 750);
    assert.equal(drawn.slice(1000).filter((name) => name === "b").length, 250);
    const own = {
      a: stream(a.filter((text) => text.length > 1)),
      b: stream(b.filter((text) => text.length > 1)),
    };
    for (const { name, tokens, weight } of prepared.sources) {
      assert.equal(tokens, own[name as "a" | "b"].length);
      assert.equal(weight, name === "a" ? 0.75 : 0.25);
    }
    const { windows, source } = prepared.largest(42);
    assert.equal(source, "b");
    assert.equal(
      drawn.slice(0, windows).filter((name) => name === "b").length,
      3 * prepared.sources[1].windows,
    );
    prepared.close();
    const stats = await tokens.stats({ windows: 2000 });
    assert.deepEqual(stats.sources.map(({ asked, drawn }) => [asked, drawn]), [[0.75, 0.75], [0.25, 0.25]]);
    assert.match(String(stats), /a +75\.0% +75\.0% +15,000 +4\.53 +49 /);
    assert.match(String(stats), /Drawn: the first 2,000 windows/);
  }));

Deno.test("a plan shows itself without reading, and a source shorter than a window is named", () =>
  inFolder(async () => {
    const tokens = Dataset.from(documents(["short"]), { name: "notes" }).tokenize(new ByteEncoder(70_000), {
      context: 100,
    });
    assert.equal(
      String(tokens),
      "Tokens in windows of 100: u32 ids of 70000, documents run on into each other\n  from notes, records 1",
    );
    const prepared = await tokens.prepare();
    assert.equal(prepared.windows, 0);
    assert.equal(prepared.tokens, 7);
    assert.equal(prepared.dropped, 6);
    const [only] = await all(prepared.ordered());
    assert.equal(decode(kept(only)), "short");
    const error = await failure(() => prepared.windowAt(0, 1));
    assert.ok(error instanceof DataError);
    assert.match(error.message, /Cannot draw windows of notes: it is shorter than one window/);
    prepared.close();
    assert.match(String(await tokens.stats()), /no window can be drawn/);
  }));

Deno.test("what cannot be tokenized is refused, and says what to do", () =>
  inFolder(async () => {
    const encoder = new ByteEncoder();
    const some = Dataset.from(documents(["one", "two"]));
    const cases: [() => unknown, typeof ConfigError | typeof DataError, RegExp][] = [
      [
        () => some.tokenize(encoder, { context: 4 }),
        ConfigError,
        /Cannot use Dataset\.tokenize\.context: must be at least 8, current value is 4/,
      ],
      [
        () => some.tokenize(encoder, { context: 16, mask: true } as unknown as { context: number }),
        ConfigError,
        /mask: unknown option/,
      ],
      [
        () => some.tokenize("llama" as unknown as ByteEncoder, { context: 16 }),
        ConfigError,
        /the first argument must be a tokenizer/,
      ],
      [
        () => some.filter(() => false, { name: "none" }).tokenize(encoder, { context: 16 }).prepare(),
        DataError,
        /no document is left, filter none dropped 2 \(not none\)/,
      ],
      [
        () => Dataset.from<{ text: string }>([]).tokenize(encoder, { context: 16 }).prepare(),
        DataError,
        /no document is left, check that the source holds text/,
      ],
      [
        () => some.tokenize(new ByteEncoder(50), { context: 16 }).prepare(),
        DataError,
        /the tokenizer gave id 1\d\d, ids must be below 50/,
      ],
      [
        () =>
          (Dataset.from([{ body: "x" }]) as unknown as Dataset).tokenize(encoder, { context: 16 }).prepare(),
        DataError,
        /record from:1: field text must be a string, current value is undefined/,
      ],
    ];
    for (const [run, kind, message] of cases) {
      const error = await failure(run);
      assert.ok(error instanceof kind, String(error));
      assert.match(error.message, message);
    }
  }));
