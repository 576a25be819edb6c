import assert from "node:assert/strict";
import { DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { Document } from "../../../src/data/document.ts";
import { TextClassifier } from "../../../src/data/filters/classifier.ts";
import { judgeOf, stagePlan } from "../../../src/data/steps/document_step.ts";
import { inFolder } from "../../support/folder.ts";

const speeches = await Dataset.sample("sotu").take(24).toArray();

/** Gives paragraphs of speeches: some are not English, some stand twice, some are dropped by rules of C4. */
function* paragraphs(): Generator<Document> {
  let n = 0;
  for (const { text, id } of speeches) {
    for (const paragraph of text.split("\n")) {
      const odd = [
        "Ein kurzer Satz auf Deutsch, der nicht bleibt.",
        " ",
        "function() { return 1; }. Yes. No. So.",
      ];
      n++;
      yield { text: n % 5 ? paragraph : odd[n % 3], source: "s", id: `${id}:${n}`, meta: { n } };
    }
  }
}

const classifier = await TextClassifier.train(
  speeches.slice(0, 6).map(({ text }) => text),
  speeches.slice(6, 12).map(({ text }) => text.split("").reverse().join("")),
  { buckets: 1 << 12, epochs: 1 },
);

/** Returns records, counts and drops of a chain, in order, with a number of workers. */
async function all(chain: Dataset, workers: number): Promise<unknown> {
  return await inFolder(async (folder) => {
    const stats = await chain.write(`${folder}/a.jsonl`, { rejects: `${folder}/r.jsonl`, workers });
    const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}.jsonl`);
    return { records: read("a"), rejects: read("r"), stats: stats.toJSON() };
  });
}

async function sameForAnyNumber(
  chain: Dataset,
  numbers = [1, 2, 3],
): Promise<{ records: string; rejects: string }> {
  const expected = await all(chain, 0);
  for (const workers of numbers) {
    assert.deepEqual(await all(chain, workers), expected, `${workers} workers`);
  }
  return expected as { records: string; rejects: string };
}

Deno.test("records, counts and what was dropped do not depend on the number of workers", async () => {
  const from = Dataset.from(() => paragraphs(), { name: "paragraphs", version: 1 });
  const { records, rejects } = await sameForAnyNumber(
    from.dedup({ by: "near" }).language({ keep: "en" }).quality({ model: classifier, min: 0.3 })
      .filter(({ text }) => text.length % 7 > 0, { name: "not of sevens" })
      .clean({ leastSentences: 1 }).dedup({ by: "line", normalize: "ccnet", keep: "none" }),
    [1, 3],
  );
  assert.ok(records.length > 50_000 && rejects.length > 20_000, `${records.length} ${rejects.length}`);
});

Deno.test("a reading that ends early has counted what it has seen and nothing else", async () => {
  const from = Dataset.from(() => paragraphs(), { name: "paragraphs", version: 1 });
  await sameForAnyNumber(from.language({ keep: "en" }).take(77), [2]);
  await sameForAnyNumber(from.dedup().clean({ leastSentences: 1 }).dedup().language().take(300), [3]);
});

Deno.test("a mixture, read twice over and from one source under two names, is the same too", async () => {
  const few = Dataset.from(speeches).language({ keep: "en" });
  await sameForAnyNumber(
    Dataset.mix({
      a: { from: few.take(7), weight: 1, maxEpochs: 3 },
      b: { from: few, weight: 2 },
      c: { from: few.clean(), weight: 1 },
    }),
    [2],
  );
});

Deno.test("an error comes after the records before it, as it is without workers", async () => {
  const bad = Dataset.from([...speeches, { text: 5 as unknown as string, source: "s", id: "bad" }])
    .language();
  for (const chain of [bad, Dataset.from(speeches).map(() => ({} as Document)).language()]) {
    const messages: string[] = [];
    const records: number[] = [];
    for (const workers of [0, 2]) {
      let count = 0;
      await assert.rejects(
        chain.map((record) => (count++, record)).toArray({ workers }),
        (error) => error instanceof DataError && messages.push(error.message) > 0,
      );
      records.push(count);
    }
    assert.equal(messages[1], messages[0]);
    assert.equal(records[1], records[0]);
  }
  await assert.rejects(
    Dataset.from(speeches).language({ model: "nowhere.ftz" }).toArray({ workers: 2 }),
    /Cannot read the model/,
  );
});

Deno.test("a judge that throws in a worker, or that workers do not know, is asked again where its error is seen", async () => {
  const step = (module: string) =>
    new Dataset(stagePlan(Dataset.from(speeches).plan, {
      op: "test",
      job: () =>
        judgeOf(module, undefined, () => ({ text, id }) => {
          if (id === speeches[20].id) throw new DataError("Cannot judge this", { file: "f", line: 3 });
          return { text };
        }),
      needs: "document",
    }));
  await assert.rejects(step("file:///nowhere.ts").toArray({ workers: 2 }), {
    message: "f:3: Cannot judge this",
    line: 3,
  });
  const qualityModule = import.meta.resolve("../../../src/data/filters/quality.ts");
  // A worker cannot make a classifier of nothing, nor be sent a function.
  for (const config of [undefined, { weights: () => {} }]) {
    const kept = new Dataset(stagePlan(Dataset.from(speeches).plan, {
      op: "test",
      job: () => ({
        job: { module: qualityModule, name: "qualityJudge", config },
        make: () => ({ text }) => ({ text: `${text}!` }),
      }),
    }));
    const texts = (await kept.toArray({ workers: 2 })).map(({ text }) => text);
    assert.deepEqual(texts, speeches.map(({ text }) => `${text}!`));
  }
});

Deno.test("an abort ends the reading and its workers, as does leaving the loop", async () => {
  const endless = Dataset.from(function* () {
    while (true) yield* paragraphs();
  }, { version: 1 }).language();
  const stop = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => stop.abort(reason), 300);
  await assert.rejects(endless.toArray({ workers: 2, signal: stop.signal }), (error) => error === reason);
  let count = 0;
  for await (
    const _ of Dataset.from(function* () {
      while (true) yield* speeches;
    }, { version: 1 }).language()
  ) if (++count === 900) break; // workers begin by themselves on the way
});

Deno.test("records that cannot be sent to a worker are judged here", async () => {
  const odd = speeches.map((speech) => ({ ...speech, meta: { call: () => 1, license: "mit" } }));
  const texts = await Dataset.from(odd).language({ keep: "en" }).toArray({ workers: 2 });
  assert.equal(texts.length, speeches.length);
  assert.equal((texts[0].meta as { call: () => number }).call(), 1);
});
