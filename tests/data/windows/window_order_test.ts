import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { BlockQuotas, blockSize } from "../../../src/data/windows/block_quotas.ts";
import { permute, WindowOrder } from "../../../src/data/windows/window_order.ts";
import { failure } from "../fixtures.ts";

const source = (name: string, windows: number, weight: number, maxEpochs?: number) => ({
  name,
  windows,
  weight,
  maxEpochs,
});
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

Deno.test("permute is a bijection that depends on its key", () => {
  for (const n of [1, 2, 3, 7, 16, 17, 1000, 4097]) {
    const image = range(n).map((i) => permute(i, n, 42));
    assert.deepEqual([...image].sort((a, b) => a - b), range(n), `of ${n}`);
  }
  const big = 2 ** 40 + 1;
  assert.ok(range(100).every((i) => permute(i, big, 1) < big));
  assert.notDeepEqual(range(50).map((i) => permute(i, 50, 1)), range(50).map((i) => permute(i, 50, 2)));
});

Deno.test("permutations of a few things are spread over keys: every thing stands everywhere about equally often", () => {
  for (const n of [2, 3, 5, 13]) {
    const keys = 3000;
    const counts = range(n).map(() => range(n).map(() => 0));
    for (let key = 0; key < keys; key++) for (const i of range(n)) counts[i][permute(i, n, key)]++;
    const expected = keys / n;
    const spread = 5 * Math.sqrt(expected);
    for (const count of counts.flat()) {
      assert.ok(Math.abs(count - expected) < spread, `${n}: ${count} of ${expected}`);
    }
  }
});

Deno.test("neighbours do not stay neighbours", () => {
  const n = 100_000;
  const near = range(20_000).filter((i) => Math.abs(permute(i, n, 7) - permute(i + 1, n, 7)) < n / 100);
  // Uniform places lie within 1 % of each other in 1.99 % of the cases.
  assert.ok(Math.abs(near.length / 20_000 - 0.0199) < 0.005, `${near.length / 20_000}`);
});

Deno.test("every thousand windows hold the exact quota of each source", () => {
  const sources = [source("a", 700, 0.67), source("b", 90, 0.3255), source("c", 5, 0.0045)];
  const order = new WindowOrder(sources, 1);
  const patterns = range(3).map((block) => {
    const draws = range(blockSize).map((k) => order.at(block * blockSize + k).source);
    const quotas = new BlockQuotas(sources).of(block);
    assert.deepEqual(range(3).map((s) => draws.filter((d) => d === s).length), quotas);
    return draws.join();
  });
  assert.equal(new Set(patterns).size, 3, "blocks differ in their order");
  assert.deepEqual(
    order.drawn(2500),
    range(3).map((s) => range(2500).filter((n) => order.at(n).source === s).length),
  );
});

Deno.test("the order of a mixture with whole shares is the one that earlier checkpoints were made in", () => {
  const order = new WindowOrder([source("a", 37, 0.7), source("b", 11, 0.3)], 42);
  const draws = [0, 1, 2, 3, 999, 1000, 5320].map((n) => order.at(n));
  assert.deepEqual(draws.map(({ source, epoch, window }) => [source, epoch, window]), [
    [0, 0, 11],
    [0, 0, 30],
    [0, 0, 27],
    [0, 0, 6],
    [0, 18, 6],
    [0, 18, 31],
    [0, 100, 18],
  ]);
});

Deno.test("a source of small share is drawn as often as its weight says, over the blocks", () => {
  const order = new WindowOrder([source("a", 700, 0.9985), source("b", 90, 0.0015)], 3);
  assert.equal(range(10_000).filter((n) => order.at(n).source === 1).length, 15);
  assert.deepEqual(order.drawn(10_000), [9985, 15]);
  const rare = new WindowOrder([source("a", 700, 0.99995), source("b", 90, 0.00005, 0.1)], 3);
  assert.deepEqual(rare.drawn(200_000), [199_990, 10]);
  const { windows } = rare.largest();
  assert.deepEqual([rare.drawn(windows)[1], rare.at(windows).source], [9, 1]);
  const far = new WindowOrder([source("a", 700, 0.9985), source("b", 90, 0.0015)], 3);
  assert.deepEqual(far.at(7_654_321), order.at(7_654_321));
});

Deno.test("each epoch of a source holds each window once, in an order of its own", () => {
  const order = new WindowOrder([source("a", 37, 0.8), source("b", 11, 0.2)], 9);
  const draws = range(3000).map((n) => order.at(n));
  for (const [s, windows] of [[0, 37], [1, 11]]) {
    const mine = draws.filter((draw) => draw.source === s);
    const epochs = range(Math.floor(mine.length / windows)).map((e) =>
      mine.slice(e * windows, (e + 1) * windows)
    );
    for (const [e, epoch] of epochs.entries()) {
      assert.ok(epoch.every((draw) => draw.epoch === e));
      assert.deepEqual(epoch.map(({ window }) => window).sort((a, b) => a - b), range(windows));
    }
    assert.ok(
      new Set(epochs.map((epoch) => epoch.map(({ window }) => window).join())).size > epochs.length * 0.9,
    );
  }
});

Deno.test("window n is a pure function of seed and n", () => {
  const sources = [source("a", 123, 0.5), source("b", 77, 0.5)];
  const forwards = new WindowOrder(sources, 42);
  const anew = () => new WindowOrder(sources, 42);
  const draws = range(2100).map((n) => forwards.at(n));
  for (const n of [2099, 0, 1500, 999, 1000]) assert.deepEqual(anew().at(n), draws[n]);
  for (const n of range(2100).reverse()) assert.deepEqual(forwards.at(n), draws[n]);
  assert.notDeepEqual(range(50).map((n) => new WindowOrder(sources, 43).at(n)), draws.slice(0, 50));
  assert.deepEqual(range(3).map((n) => new WindowOrder([source("a", 2, 1)], 1).at(n, false).window), [
    0,
    1,
    0,
  ]);
});

Deno.test("largest is the last length at which no source passes its maxEpochs", () => {
  for (const seed of [1, 2, 3]) {
    const order = new WindowOrder([source("a", 370, 0.7, 2), source("b", 100, 0.3, 1.5)], seed);
    const { windows, source: name } = order.largest();
    assert.equal(name, "b");
    assert.equal(order.drawn(windows)[1], 150);
    assert.equal(order.at(windows).source, 1, "one more window would be one of b too many");
  }
  assert.deepEqual(new WindowOrder([source("a", 370, 1)], 1).largest(), { windows: Infinity });
  assert.deepEqual(new WindowOrder([source("a", 370, 1, 2)], 1).largest(), { windows: 740, source: "a" });
});

Deno.test("a source without a window, or too rare to be drawn, is refused", async () => {
  const empty = await failure(() => new WindowOrder([source("a", 5, 0.5), source("tiny", 0, 0.5)], 1));
  assert.ok(empty instanceof DataError);
  assert.match(
    empty.message,
    /Cannot draw windows of tiny: it is shorter than one window; lower context or give more text/,
  );
  const rare = await failure(() => new WindowOrder([source("a", 5, 1 - 1e-14), source("rare", 5, 1e-14)], 1));
  assert.ok(rare instanceof ConfigError);
  assert.match(rare.message, /Cannot mix rare: its share must be at least 1e-12/);
});
