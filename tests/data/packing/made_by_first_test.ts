// One rank of a host does the work, the others wait for it and get the same value or an error.
import assert from "node:assert/strict";
import { RankError } from "../../../src/base/exchange.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { madeByFirst } from "../../../src/data/packing/made_by_first.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { inFolder } from "../../support/folder.ts";
import { all, ByteEncoder, failure } from "../fixtures.ts";

Deno.test("the first rank makes the value, and all have it, however long it takes", async () => {
  let made = 0;
  const values = await loopback(3, async (world) => {
    const value = await madeByFirst(world, "value", async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { made: ++made };
    }, 0.01);
    return { value, words: world.log.counts.get("value")!.count };
  });
  assert.deepEqual(values.map(({ value }) => value), [{ made: 1 }, { made: 1 }, { made: 1 }]);
  assert.ok(values[2].words > 1, `${values[2].words} words while it was made`);
});

Deno.test("an error of the first rank ends all, and the others name the rank", async () => {
  const errors: Error[] = [];
  const run = loopback(2, async (world) => {
    try {
      await madeByFirst(world, "value", () => Promise.reject(new TypeError("no disk")));
    } catch (error) {
      errors[world.rank] = error as Error;
    }
  });
  await run;
  assert.ok(errors[0] instanceof TypeError);
  assert.ok(errors[1] instanceof RankError);
  assert.match(errors[1].message, /Rank 0 of this host failed: no disk/);
});

Deno.test("ranks of one host tokenize once and see the same windows; each host makes its own draft", () =>
  inFolder(async (folder) => {
    const texts = Dataset.from(Array.from({ length: 50 }, (_, n) => ({ text: `llamas hum ${n}` })));
    const alone = await texts.tokenize(new ByteEncoder(), { context: 16, dir: `${folder}/alone` }).prepare();
    const expected = await all(alone.ordered());
    alone.close();
    for (const dir of [`${folder}/shared`, undefined]) {
      const ranks = await loopback(4, async (world) => {
        const host = { name: `host ${world.rank >> 1}`, ranks: await world.split(world.rank >> 1) };
        const encoder = new ByteEncoder();
        // Without a version of its function a dataset is kept for a process alone, here by its first rank.
        const own = dir ? texts : texts.filter(() => true);
        const prepared = await own.tokenize(encoder, { context: 16, dir }).prepare({ host });
        const windows = await all(prepared.ordered());
        prepared.close();
        return { calls: encoder.calls, windows };
      });
      for (const { windows } of ranks) assert.deepEqual(windows, expected);
      assert.deepEqual([ranks[1].calls, ranks[3].calls], [0, 0]);
      assert.ok(ranks[0].calls + ranks[2].calls >= 50);
      if (dir) assert.equal([...Deno.readDirSync(dir)].length, 1, "no draft is left");
    }
  }));

Deno.test("an error of the rank that tokenizes reaches the others of its host", () =>
  inFolder(async (folder) => {
    const none = Dataset.from([{ text: "a" }]).filter(() => false);
    const error = await failure(() =>
      loopback(2, (world) =>
        none.tokenize(new ByteEncoder(), { context: 16, dir: folder })
          .prepare({ host: { name: "one", ranks: world } }))
    );
    assert.match(error.message, /no document is left/);
  }));
