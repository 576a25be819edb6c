import assert from "node:assert/strict";
import { type CardFacts, headline, runCard } from "../../../src/train/monitoring/run_card.ts";
import { quiet, short, tinyModel, tokens } from "../support.ts";
import { inFolder } from "../../support/folder.ts";

const facts: CardFacts = {
  title: "run 1 of 5M",
  status: "running",
  stage: "pretrain",
  done: 3,
  steps: 12,
  history: [8, 6, 5].map((loss, i) => ({
    step: i + 1,
    stage: "pretrain",
    loss,
    gradNorm: 1.5 - i / 4,
    learningRate: 1e-3,
    tokens: 4096 * (i + 1),
    seconds: i + 1,
  })),
  validations: [{
    type: "validation",
    step: 2,
    stage: "pretrain",
    loss: 6.5,
    perplexity: Math.exp(6.5),
    tokens: 900,
  }],
  rate: 4096,
  left: 9,
  memory: 56_800_000,
  seconds: 3.2,
  warnings: [],
};

Deno.test("the card shows curves, speed, time and memory", () => {
  assert.equal(
    runCard(facts).text,
    `pretrain 3/12  loss 5 █▃▁  validation 6.500  4.10K tokens/s  9.0 s to go
  loss        █▃▁  5 at step 3
  smoothed    █▄▁  6.115 at step 3
  validation  ▄  6.500 at step 2
  learning rate  0.001000
  gradient norm  1
  tokens         12.3K, 4.10K per second
  time           3.2 s, 9.0 s to go
  memory         56.8 MB`,
  );
});

Deno.test("the card is one picture in a notebook, and escapes all text in it", () => {
  const { html } = runCard({
    ...facts,
    sample: "<script>alert(1)</script>",
    warnings: ["a < b"],
    error: "1 & 2",
  });
  assert.match(html!, /<img [^>]*src="data:image\/svg\+xml;base64,/);
  assert.doesNotMatch(html!, /<script/);
  for (const part of ["Sample: &lt;script&gt;", "Warning: a &lt; b", "Failed: 1 &amp; 2", "width:25.0%"]) {
    assert.ok(html!.includes(part), part);
  }
});

Deno.test("the card is short before the first step", () => {
  const empty = {
    ...facts,
    stage: "",
    done: 0,
    steps: 0,
    history: [],
    validations: [],
    rate: 0,
    left: undefined,
  };
  assert.equal(headline({ ...empty, status: "waiting" }), "waiting");
  assert.equal(headline({ ...empty, stage: "pretrain", note: "compiling" }), "pretrain compiling");
  assert.ok(runCard({ ...empty, status: "waiting" }).html);
  assert.equal(
    headline({ ...facts, status: "stopped", rate: 0, left: undefined, validations: [] }),
    "pretrain 3/12 stopped  loss 5 █▃▁",
  );
});

Deno.test("a run, its result and its chart show themselves", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const run = quiet(model, { checkpoint: folder, energy: { watts: 50 } })
      .pretrain(tokens(8), { ...short, steps: 4, validation: tokens(2, 4) }).run({ display: false });
    assert.match(String(run), /waiting/);
    const result = await run;
    assert.match(String(run), /^pretrain 4\/4 done {2}loss 3\.\d+/);
    assert.match(String(run), /Wh, .* g CO2eq \(50 W as given, PUE 1\.1, 0\.385 kg per kWh\)/);
    assert.match(String(run.chart()), /validation/);
    assert.match(String(result), /pretrain 4 of 4 steps/);
    assert.match(String(result), /checkpoint +\S+step-000004/);
    const { status, history, energy } = JSON.parse(JSON.stringify(result));
    assert.equal(status, "done");
    assert.equal(history.length, 4);
    assert.equal(energy.source, "50 W as given");
    assert.equal(JSON.parse(JSON.stringify(run)).status, "done");
  });
});
