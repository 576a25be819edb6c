// Answers are kept by weights, tokenizer and question: a killed evaluation continues and gives the same report.
import assert from "node:assert/strict";
import { type EvalModel, Evaluator } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";
import { fixture } from "../benchmarks/fixtures.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";

type Fake = EvalModel & { batches: (readonly [string, string])[][]; prompts: unknown[] };

/** A model whose answers depend on its one weight; it records what it is asked. */
function weighted(weight: number): Fake {
  return {
    ...writer((prompt) => ` The answer is ${String(prompt).length * weight}.`),
    ...scorer((prompt, option) =>
      option.endsWith("red w0") ? -Infinity : -weight * (prompt.length + option.length)
    ),
    parameters: () => Promise.resolve(new Map([["w", Float32Array.of(weight)]])),
  };
}

Deno.test("no task asks a known question again until the weights change", async () => {
  const made = { ...fixture("arc-easy", 30).files, ...fixture("gsm8k", 8).files };
  await withFiles(made, async (data) => {
    const cache = `${data}/cache`;
    const run = async (model: EvalModel, limit?: number) =>
      (await new Evaluator(model, { cache }).add("arc-easy", { data, limit }).add("gsm8k", { data, limit })
        .run()).results;
    const first = weighted(2);
    const some = await run(first, 5);
    assert.equal(first.batches.flat().length, 20);
    assert.equal(first.prompts.length, 5);
    const again = weighted(2);
    assert.deepEqual(await run(again, 5), some);
    assert.equal(again.batches.length, 0);
    assert.equal(again.prompts.length, 0);
    const more = weighted(2);
    const all = await run(more);
    assert.equal(more.batches.flat().length, 100);
    assert.equal(more.prompts.length, 3);
    assert.deepEqual(all, await run(weighted(2)));
    assert.deepEqual(
      all,
      (await new Evaluator(weighted(2), { cache: false }).add("arc-easy", { data })
        .add("gsm8k", { data }).run()).results,
    );
    const other = weighted(3);
    await run(other);
    assert.equal(other.batches.flat().length, 120);
    assert.equal(other.prompts.length, 8);
    const halves = { ...weighted(3), dtype: "f16" };
    await run(halves);
    assert.equal(halves.batches.flat().length, 120, "equal weights in another number format are asked anew");
    const given = weighted(2);
    await new Evaluator(undefined, { cache }).add("arc-easy", { data }).run(given);
    assert.equal(given.batches.flat().length, 120, "a model given to run is always asked");
    assert.equal([...Deno.readDirSync(cache)].length, 3);
  });
});

Deno.test("two models whose own parts have one name and other functions share no answers", async () => {
  await withFiles(fixture("arc-easy", 3).files, async (data) => {
    const cache = `${data}/cache`;
    const asked = async (forward: (x: number) => number) => {
      const activation = { name: "mine", forward };
      const config = { context: 64, parts: { norm: "rms", activation, position: "rope" } };
      const model = Object.assign(weighted(2), { config });
      await new Evaluator(model, { cache }).add("arc-easy", { data }).run();
      return model.batches.length;
    };
    assert.ok(await asked((x) => x * x) > 0);
    assert.equal(await asked((x) => x * x), 0, "the same function is known");
    assert.ok(await asked((x) => x + x) > 0);
  });
});

Deno.test("a half-written line is skipped and its question asked again", async () => {
  await withFiles(fixture("arc-easy", 3).files, async (data) => {
    const cache = `${data}/cache`;
    const run = (model: EvalModel) => new Evaluator(model, { cache }).add("arc-easy", { data }).run();
    const whole = await run(weighted(2));
    const path = `${cache}/${[...Deno.readDirSync(cache)][0].name}`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.slice(0, -20));
    const model = weighted(2);
    assert.deepEqual((await run(model)).results, whole.results);
    assert.equal(model.batches.flat().length, 1);
    const next = weighted(2);
    assert.deepEqual((await run(next)).results, whole.results);
    assert.equal(next.batches.length, 0);
  });
});

Deno.test("counts that an older version kept under other names are still counted", async () => {
  await withFiles(fixture("arc-easy", 3).files, async (data) => {
    const cache = `${data}/cache`;
    const model = weighted(2);
    const counts = { truncatedTokens: 3, inputs: 40, reusedTokens: 10 };
    const counted: EvalModel = {
      ...model,
      scoreBatch: async (pairs) => (await model.scoreBatch!(pairs)).map((one) => ({ ...one, ...counts })),
    };
    const run = () => new Evaluator(counted, { cache }).add("arc-easy", { data }).run();
    const [result] = (await run()).results;
    assert.equal(result.protocol.truncated, 3);
    assert.match(result.protocol.notes.join(), /shared beginnings saved 25\.0% of 480/);
    const path = `${cache}/${[...Deno.readDirSync(cache)][0].name}`;
    const text = await Deno.readTextFile(path);
    const older = text.replaceAll('"truncatedTokens"', '"cut"').replaceAll('"reusedTokens"', '"shared"');
    assert.notEqual(older, text);
    await Deno.writeTextFile(path, older);
    const asked = model.batches.length;
    assert.deepEqual((await run()).results, [result]);
    assert.equal(model.batches.length, asked);
  });
});

Deno.test("scores of a scorer with kept: true are kept, missing ones are asked for again", async () => {
  const rows = ["a", "b", "c"].map((text) => ({ prompt: { text } }));
  await withFiles({ "prompts.jsonl": jsonl(rows) }, async (data) => {
    let asked = 0;
    const model = { ...writer((prompt) => `says ${prompt}`), parameters: weighted(1).parameters };
    const run = async (kept: boolean) => {
      const score = (text: string) => (asked++, text === "says b" && asked < 4 ? undefined : 0.5);
      const evaluator = new Evaluator(model, { cache: `${data}/cache` });
      const scorer = { name: "slow", score, kept };
      const report = await evaluator.add("real-toxicity-prompts", { data, scorer }).run();
      return [asked, report.results[0].measures[0].n];
    };
    assert.deepEqual(await run(true), [3, 2]);
    assert.deepEqual(await run(true), [4, 3]);
    assert.deepEqual(await run(false), [7, 3]);
  });
});

Deno.test("a killed evaluation continues and gives the same report", async () => {
  const files = { ...fixture("piqa", 400).files, ...fixture("gsm8k", 12).files };
  await withFiles(files, async (folder) => {
    const tokenizer = await Tokenizer.train([Object.values(files).join("\n")], { vocabSize: 320 });
    const shape = { dim: 32, layers: 2, heads: 4, hidden: 64, context: 192 };
    {
      using model = await Model.create(shape, { tokenizer, device: await testDevice() });
      await model.save(`${folder}/model`);
    }
    const start = (cache: string, out: string) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          new URL("killed.ts", import.meta.url).pathname,
          `${folder}/model`,
          folder,
          cache,
          out,
        ],
        stdout: "null",
        stderr: "null",
      }).spawn();
    const whole = await start(`${folder}/other`, `${folder}/whole.json`).status;
    assert.ok(whole.success);
    const cache = `${folder}/cache`;
    const killed = start(cache, `${folder}/never.json`);
    const lines = () => {
      const [file] = [...Deno.readDirSync(cache)];
      return Deno.readTextFileSync(`${cache}/${file.name}`).split("\n").length;
    };
    for (let known = 0; known < 200; await new Promise((resolve) => setTimeout(resolve, 20))) {
      try {
        known = lines();
      } catch { /* not there yet */ }
    }
    killed.kill("SIGKILL");
    assert.equal((await killed.status).signal, "SIGKILL");
    await assert.rejects(Deno.stat(`${folder}/never.json`));
    const before = lines();
    assert.ok(before < 800, `it was killed after ${before} answers, too late to show anything`);
    assert.ok((await start(cache, `${folder}/resumed.json`).status).success);
    assert.ok(lines() > before);
    assert.equal(
      await Deno.readTextFile(`${folder}/resumed.json`),
      await Deno.readTextFile(`${folder}/whole.json`),
    );
  });
});
