// Cutoffs of a first pass over parts: those of the sorted perplexities to a bin's width, whatever the number of parts.
import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { NgramModel } from "../../../src/data/filters/ngram_model.ts";
import { joinParts } from "../../../src/data/join_parts.ts";
import { measurePerplexity, perplexityCutoffs } from "../../../src/data/parts/perplexity_cutoffs.ts";
import { inFolder } from "../../support/folder.ts";
import { ByteEncoder, failure } from "../fixtures.ts";

Deno.test("cutoffs over parts are those of all documents, and the filter keeps the same ones", () =>
  inFolder(async (folder) => {
    for (let file = 0; file < 7; file++) {
      const lines = Array.from({ length: 40 }, (_, n) => {
        const noise = String.fromCharCode(
          ...Array.from({ length: (n * 5) % 31 }, (_, i) => 33 + (i * n * 7 + file) % 90),
        );
        return JSON.stringify({ text: `llamas hum and hum ${noise}` });
      });
      await Deno.writeTextFile(`${folder}/${file}.jsonl`, lines.join("\n"));
    }
    const pages = Dataset.jsonl(`${folder}/?.jsonl`, { text: "text" });
    const model = await NgramModel.trainOn(
      Dataset.from([{ text: "llamas hum and hum and hum and llamas" }]),
      {
        tokenizer: new ByteEncoder(),
        order: 3,
      },
    );
    const sorted = (await pages.toArray()).map(({ text }) => model.perplexity(text)).sort((a, b) => a - b);
    const cutoffs: [number, number][] = [];
    for (const  of of[1, 3]) {
      const path = `${folder}/out-${of}/p-*.json`;
      for (let part = 0; part < of; part++) {
        await measurePerplexity(pages, path, { model, part, of, workers: 0 });
      }
      cutoffs.push(await perplexityCutoffs(path));
    }
    assert.deepEqual(cutoffs[0], cutoffs[1]);
    for (const [i, share] of [0.3, 0.6].entries()) {
      const exact = sorted[Math.floor(share * sorted.length)];
      assert.ok(
        cutoffs[0][i] <= exact && exact < cutoffs[0][i] * 2 ** (1 / 1024),
        `${cutoffs[0][i]} ${exact}`,
      );
    }
    const kept = pages.perplexity({ model, keep: ["head", "middle"], cutoffs: cutoffs[0] });
    const out = `${folder}/kept/k-*.jsonl`;
    for (let part = 0; part < 2; part++) await kept.write(out, { part, of: 2, workers: 0 });
    const joined = await joinParts(out);
    assert.deepEqual(await joined.dataset.toArray(), await kept.toArray({ workers: 0 }));
    assert.equal(
      joined.stats.steps[1].notes["head below"],
      (await kept.stats()).steps[1].notes["head below"],
    );
    assert.ok(joined.stats.records > 150 && joined.stats.records < 180, `${joined.stats.records}`);
    await Deno.remove(`${folder}/out-3/p.json.manifest/part-1-of-3.json`);
    assert.match(
      (await failure(() => perplexityCutoffs(`${folder}/out-3/p-*.json`))).message,
      /part 1 of 3 is missing/,
    );
  }));
