// The golden numbers of evaluation: likelihoods of a trained model from PyTorch in float64, and arithmetic without a model.
import assert from "node:assert/strict";
import { defineTask, Evaluator, type GenerateOutcome, passAtK, rollingLoss } from "../../src/eval/mod.ts";
import { mostFrequent } from "../../src/eval/scoring/voting.ts";
import { shareOf, sum, withGroups } from "../../src/eval/tasks/metric.ts";
import { scoringRule } from "../../src/eval/scoring/normalisation.ts";
import { Model } from "../../src/model/mod.ts";
import { wattHours } from "../../src/train/monitoring/energy.ts";
import { testDevice } from "../support/device.ts";
import { goldenJson, goldenPath, goldenTensors } from "../support/golden.ts";
import { scorer, writer } from "./fakes.ts";

interface Case {
  context: number[];
  continuation: number[];
  expected: { sum_logprob: number; is_greedy: boolean; input_length: number };
}
interface ChoiceCase {
  context: number[];
  unconditional_context: number[];
  choices: { tokens: number[]; char_length: number }[];
  expected: { scores: Record<string, number[]>; best: Record<string, number> };
}
interface PairCase {
  category: string;
  sent_more: number[];
  sent_less: number[];
  expected: {
    logprob_more: number;
    logprob_less: number;
    ppl_more: number;
    stereotype_by_perplexity: boolean;
  };
}
interface Rolled {
  sum_logprob: number;
  tokens_scored: number;
  perplexity: number;
}
const golden = goldenJson<{
  max_length: number;
  tolerance: { sum_logprob_abs: number; perplexity_rel: number };
  loglikelihood: { suggested_batches: number[][]; cases: Case[] };
  multiple_choice: { cases: ChoiceCase[] };
  rolling: {
    tokens: number[];
    max_length: number;
    lm_eval_style: { cases: (Rolled & { context_len: number; windows: number[][] })[] };
    strided_style: { cases: (Rolled & { stride: number; windows_begin_end_scored: number[][] })[] };
    derived: { bytes: number; bits_per_byte: number };
  };
  crows_pairs: { pairs: PairCase[]; expected_percent: Record<string, Record<string, number>> };
}>("eval/lm_eval.json");
const metrics = goldenJson<{
  pass_at_k: {
    cases: { n: number; c: number; k: number; expected: number }[];
    benchmark: { n_c: number[][]; expected: Record<string, number> };
  };
  maj1_at_k: {
    cases: {
      samples: (string | null)[];
      target: string;
      expected: { majority: string | null; correct: boolean };
    }[];
    expected_accuracy: number;
  };
  carbon: {
    paper_table_15: { gpu_hours: number; gpu_watts: number; expected: Carbon; paper_printed: Carbon }[];
    other: { gpu_hours: number; gpu_watts: number; expected: Carbon }[];
    other_grid: { gpu_hours: number; gpu_watts: number; pue: number; t_per_mwh: number; expected: Carbon };
  };
  aggregate: { subjects_correct_total: Record<string, [number, number]>; micro_percent: number };
}>("eval/metrics.json");
interface Carbon {
  mwh: number;
  tco2eq: number;
}

async function trained(): Promise<Model> {
  const model = await Model.load(goldenPath("A"), { context: golden.max_length, device: await testDevice() });
  const final = goldenTensors("curve_A/final.safetensors");
  model.setParameters(new Map([...final].map(([name, { data }]) => [name, data])));
  return model;
}
const ids = (list: readonly number[]) => Uint32Array.from(list);
const near = (got: number, want: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(got - want) <= tolerance, `${what}: got ${got}, want ${want}`);

Deno.test("likelihoods after empty and long contexts do not depend on the rest of the batch", async () => {
  using model = await trained();
  const { cases, suggested_batches } = golden.loglikelihood;
  const tolerance = golden.tolerance.sum_logprob_abs;
  for (const batch of [...suggested_batches, ...cases.map((_, i) => [i])]) {
    const scores = await model.scoreBatch(
      batch.map((i) => [ids(cases[i].context), ids(cases[i].continuation)]),
    );
    batch.forEach((i, n) => {
      const { sum_logprob, is_greedy, input_length } = cases[i].expected;
      const { logProb, greedy, inputs } = scores[n];
      near(logProb, sum_logprob, tolerance, `case ${i}`);
      assert.equal(greedy, is_greedy, `case ${i}`);
      assert.equal(inputs, input_length, `case ${i}`);
    });
  }
});

Deno.test("multiple choice: the four rules choose the golden options, on the model's own numbers", async () => {
  using model = await trained();
  const rules = {
    sum: "sum",
    per_char: "characters",
    per_token: "tokens",
    minus_unconditional: "ratio",
  } as const;
  for (
    const [i, { context, unconditional_context, choices, expected }] of golden.multiple_choice.cases.entries()
  ) {
    const after = (before: number[]) =>
      model.scoreBatch(choices.map(({ tokens }) => [ids(before), ids(tokens)]));
    const own = await after(context);
    const unconditional = await after(unconditional_context);
    for (const [key, normalisation] of Object.entries(rules)) {
      const { score } = scoringRule({ normalisation });
      const scores = choices.map(({ char_length }, c) =>
        score("x".repeat(char_length), own[c], unconditional[c])
      );
      scores.forEach((value, c) =>
        near(
          value,
          expected.scores[key][c],
          golden.tolerance.sum_logprob_abs,
          `case ${i}, ${key}, option ${c}`,
        )
      );
      assert.equal(scores.indexOf(Math.max(...scores)), expected.best[key], `case ${i}, ${key}`);
    }
  }
});

Deno.test("rolling perplexity, in both styles", async () => {
  using model = await trained();
  const { tokens, lm_eval_style, strided_style, max_length, derived } = golden.rolling;
  const check = async (options: object, want: Rolled, windows: number, what: string) => {
    const got = await rollingLoss(model, ids(tokens), { context: max_length, ...options });
    near(got.logProb, want.sum_logprob, golden.tolerance.sum_logprob_abs, what);
    assert.equal(got.tokens, want.tokens_scored, what);
    assert.equal(got.windows, windows, what);
    near(got.perplexity / want.perplexity, 1, golden.tolerance.perplexity_rel, what);
    return got;
  };
  for (const one of lm_eval_style.cases) {
    const got = await check(
      { overlap: one.context_len },
      one,
      one.windows.length,
      `overlap ${one.context_len}`,
    );
    if (one.context_len === 1) {
      near(-got.logProb / Math.LN2 / derived.bytes, derived.bits_per_byte, 1e-6, "bits");
    }
  }
  for (const one of strided_style.cases) {
    await check({ stride: one.stride }, one, one.windows_begin_end_scored.length, `stride ${one.stride}`);
  }
  await assert.rejects(rollingLoss(model, ids(tokens), { stride: 33 }), /stride: must be from 1 to 32/);
});

Deno.test("CrowS-Pairs: the model's preference by perplexity and by sum, by category", async () => {
  using model = await trained();
  const { pairs, expected_percent } = golden.crows_pairs;
  const texts = pairs.flatMap(({ sent_more, sent_less }) => [sent_more, sent_less]);
  const scores = await model.scoreBatch(texts.map((text) => [ids([]), ids(text)]));
  pairs.forEach(({ expected: { logprob_more, logprob_less } }, i) => {
    near(scores[2 * i].logProb, logprob_more, golden.tolerance.sum_logprob_abs, `pair ${i}`);
    near(scores[2 * i + 1].logProb, logprob_less, golden.tolerance.sum_logprob_abs, `pair ${i}`);
  });
  // The benchmark itself on the same likelihoods; sentence 5 is written "s5".
  const kinds: Record<string, string> = { gender: "gender", religion: "religion", age: "age" };
  const rows = pairs.map(({ category }, i) =>
    `${i},s${2 * i},s${2 * i + 1},stereo,${kinds[category]},x,a,b\n`
  );
  const head = ",sent_more,sent_less,stereo_antistereo,bias_type,annotations,anon_writer,anon_annotators\n";
  const at = (text: string) => Number(text.slice(1));
  const lookup = scorer((_, text) => scores[at(text)].logProb, (text) => scores[at(text)].tokens);
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeTextFile(file, head + rows.join(""));
    const report = await new Evaluator(lookup).add("crows-pairs", { data: file })
      .add("crows-pairs", { data: file, variant: "sum" }).run();
    for (const [task, key] of [["crows-pairs", "perplexity"], ["crows-pairs sum", "sum_logprob"]]) {
      const { all, ...byKind } = expected_percent[`stereotype_by_${key}`];
      near(100 * report.value(task), all, 1e-9, task);
      for (const [kind, percent] of Object.entries(byKind)) {
        near(100 * report.value(task, { metric: `stereotype, ${kind}` }), percent, 1e-9, `${task}, ${kind}`);
      }
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("pass@k is unbiased and does not overflow", () => {
  const { cases, benchmark } = metrics.pass_at_k;
  for (const { n, c, k, expected } of cases) near(passAtK(n, c, k), expected, 1e-12, `${n}, ${c}, ${k}`);
  for (const [k, expected] of Object.entries(benchmark.expected)) {
    const mean = sum(benchmark.n_c.map(([n, c]) => passAtK(n, c, Number(k)))) / benchmark.n_c.length;
    near(mean, expected, 1e-12, `pass@${k}`);
  }
  near(passAtK(200, 10, 100), 0.99922897394, 1e-11, "200, 10, 100");
});

Deno.test("maj1@k: votes, ties and samples without an answer, through a task", async () => {
  const { cases, expected_accuracy } = metrics.maj1_at_k;
  for (const { samples, expected } of cases) {
    assert.equal(mostFrequent(samples.map((s) => s ?? undefined)) ?? null, expected.majority);
  }
  const values: number[] = [];
  for (const { samples, target, expected } of cases) {
    let n = 0;
    const model = writer(() => samples[n] === null ? (n++, "none") : `It is ${samples[n++]}.0!`);
    const task = defineTask({
      name: "votes",
      kind: "generate",
      items: [{ target }],
      prompt: "?",
      answer: ({ target }) => target,
      extract: (text) => /is (.*)!/.exec(text)?.[1],
      normalisation: (text) => String(Number(text)),
      sampling: { temperature: 0.6, topP: 0.95, samples: samples.length, combine: "majority" },
    });
    const [{ items, measures }] = (await new Evaluator(model).add(task).run()).results;
    assert.equal(measures[0].metric, `maj1@${samples.length}`);
    assert.equal((items[0] as GenerateOutcome).value, Number(expected.correct), JSON.stringify(samples));
    values.push(measures[0].value);
  }
  near(sum(values) / values.length, expected_accuracy, 1e-9, "accuracy");
});

Deno.test("carbon: table 15 of the paper and other grids", () => {
  const of = (hours: number, watts: number, pue = 1.1, grid = 0.385): Carbon => {
    const mwh = wattHours(hours * 3600, watts, pue) / 1e6;
    return { mwh, tco2eq: mwh * grid };
  };
  const check = (got: Carbon, want: Carbon, tolerance: (x: number) => number) => {
    near(got.mwh, want.mwh, tolerance(want.mwh), "MWh");
    near(got.tco2eq, want.tco2eq, tolerance(want.tco2eq), "tCO2eq");
  };
  const { paper_table_15, other, other_grid } = metrics.carbon;
  for (const { gpu_hours, gpu_watts, expected, paper_printed } of paper_table_15) {
    check(of(gpu_hours, gpu_watts), expected, (x) => 1e-9 * x);
    check(of(gpu_hours, gpu_watts), paper_printed, () => 1.5); // the paper truncates two cells instead of rounding
  }
  for (const { gpu_hours, gpu_watts, expected } of other) {
    check(of(gpu_hours, gpu_watts), expected, (x) => 1e-9 * x);
  }
  const { gpu_hours, gpu_watts, pue, t_per_mwh, expected } = other_grid;
  check(of(gpu_hours, gpu_watts, pue, t_per_mwh), expected, (x) => 1e-9 * x);
});

Deno.test("averages are over questions, not over subjects", () => {
  const { subjects_correct_total, micro_percent } = metrics.aggregate;
  const items = Object.entries(subjects_correct_total).flatMap(([subject, [right, all]]) =>
    Array.from({ length: all }, (_, i) => ({ groups: [subject], right: i < right }))
  );
  const measured = withGroups(
    "accuracy",
    items,
    (name, some) => shareOf(name, some.map(({ right }) => right)),
  );
  near(100 * measured[0].value, micro_percent, 1e-9, "all");
  assert.deepEqual(measured.slice(1).map(({ metric, value }) => [metric, value]), [
    ["accuracy, a", 0.3],
    ["accuracy, b", 0.9],
    ["accuracy, c", 0.3],
  ]);
});
