// The choice of tokens against golden probabilities, and stop strings in a stream.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { distribution, sampleToken } from "../../../src/model/generation/sampling.ts";
import { StopFilter } from "../../../src/model/generation/stop_strings.ts";
import { goldenJson } from "../../support/golden.ts";

interface Sampling {
  tolerance_abs: number;
  cases: {
    logits: number[];
    temperature: number;
    top_k: number;
    top_p: number;
    kept: number[];
    probs: number[];
  }[];
}

Deno.test("temperature, top-k and top-p give the golden probabilities", () => {
  const { cases, tolerance_abs } = goldenJson<Sampling>("ops/sampling.json");
  for (const { logits, temperature, top_k, top_p, kept, probs } of cases) {
    const got = distribution(Float32Array.from(logits), { temperature, topK: top_k, topP: top_p });
    got.forEach((p, i) => assert.ok(Math.abs(p - probs[i]) <= tolerance_abs, `${i}: ${p}, want ${probs[i]}`));
    assert.deepEqual([...got.keys()].filter((i) => got[i] > 0), kept);
  }
});

Deno.test("draws follow the distribution; temperature 0 takes the first largest", () => {
  const logits = Float32Array.of(0, Math.log(3), -50);
  const options = { temperature: 1, topK: 0, topP: 1 };
  const random = new Random(4);
  let ones = 0;
  for (let i = 0; i < 4000; i++) ones += Number(sampleToken(logits, options, random) === 1);
  assert.ok(Math.abs(ones / 4000 - 0.75) < 0.03, `${ones / 4000}`);
  assert.equal(sampleToken(Float32Array.of(1, 5, 5), { ...options, temperature: 0 }, random), 1);
});

Deno.test("a stop string ends the text before it, also when it arrives in pieces", () => {
  const filter = new StopFilter(["STOP", "\n\n"]);
  assert.equal(filter.push("one S"), "one ");
  assert.equal(filter.push("TO"), "");
  assert.equal(filter.push("RE\n"), "STORE");
  assert.equal(filter.push("\nmore"), "");
  assert.equal(filter.stopped, true);
  const open = new StopFilter("END");
  assert.equal(open.push("the E"), "the ");
  assert.equal(open.end(), "E", "text that did not become a stop string passes at the end");
});

Deno.test("of equal logits the first are kept", () => {
  const kept = (logits: number[], topK: number, topP: number) => {
    const p = distribution(Float32Array.from(logits), { temperature: 1, topK, topP });
    return [...p.keys()].filter((i) => p[i] > 0);
  };
  assert.deepEqual(kept([0, 1, 0, 1, 0], 3, 1), [0, 1, 3]);
  assert.deepEqual(kept([2, 2, 2, 2], 0, 0.6), [0, 1, 2]);
  assert.deepEqual(kept([2, 2, 2, 2], 0, 1), [0, 1, 2, 3]);
  assert.deepEqual(kept([-1e30, 3, -Infinity], 0, 1), [1], "logits without mass are dropped");
});
