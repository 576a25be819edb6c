import assert from "node:assert/strict";
import type { Answer } from "./child.ts";
import { ask, whatWentWrong } from "./child.ts";
import { betterBy, readBaseline, withFigures, writeBaseline } from "./baseline.ts";
import { markdownTable, moreIsBetter, type Section, sectionMarkdown, sectionText } from "./figure.ts";
import { largeShape, weightsOf, writeLargeModel } from "./large_model.ts";
import { MersenneTwister } from "./mersenne_twister.ts";
import { own } from "./peers.ts";
import { matmulRows, missingLines, peerRows, roundRows } from "./peers_report.ts";
import { report, withReport } from "./report.ts";
import { benchShape, makeStart, startRows, writeStart } from "./start.ts";
import { median, ratios, short, showRatio, spread } from "./statistics.ts";
import { checkLosses } from "./step.ts";
import { readSafetensors } from "../../src/formats/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { inFolder } from "../support/folder.ts";

Deno.test("medians, ranges and ratios", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.deepEqual(spread([5, 1, 3]), { median: 3, low: 1, high: 5 });
  assert.deepEqual(ratios([10, 12, 30], [1, 2, 3]), { median: 10, low: 6, high: 10 });
  assert.equal(showRatio({ median: 13.94, low: 9.71, high: 17.5 }), "13.9x (9.7-17.5)");
  assert.equal(showRatio({ median: 0.591, low: 0.53, high: 0.63 }), "0.59x (0.53-0.63)");
  assert.deepEqual([1234.5, 12.34, 1.234, 0.01234].map(short), ["1235", "12.3", "1.23", "0.0123"]);
});

Deno.test("the start is what torch.manual_seed(0) draws", async () => {
  const twister = new MersenneTwister(5489); // the reference implementation's own example
  assert.deepEqual([twister.next(), twister.next(), twister.next()], [3499211612, 581869302, 3890346734]);
  const start = makeStart();
  const first = (name: string) => start.weights.get(name)!.subarray(0, 3);
  const torch = {
    "model.embed_tokens.weight": [0.02606288, -0.00674606, -0.01547194],
    "model.layers.0.self_attn.q_proj.weight": [0.01204523, -0.02425155, -0.00191948],
    "model.layers.3.mlp.up_proj.weight": [0.03026469, 0.01144612, 0.02667971],
    "lm_head.weight": [-0.01879504, -0.00778131, -0.00262771],
  };
  for (const [name, values] of Object.entries(torch)) {
    first(name).forEach((x, i) => assert.ok(Math.abs(x - values[i]) < 2e-8, `${name} ${i}: ${x}`));
  }
  assert.deepEqual([...start.ids.subarray(0, 6)], [737, 995, 146, 906, 790, 997]);
  const [row] = startRows(start);
  assert.equal(row.ids[1], row.targets![0]);
  assert.equal(row.ids.length, benchShape.context);

  await inFolder(async (folder) => {
    await writeStart(`${folder}/start.safetensors`, start);
    const { tensors } = await readSafetensors(`${folder}/start.safetensors`);
    assert.deepEqual(tensors.get("ids")!.data, start.ids);
    assert.deepEqual(tensors.get("lm_head.weight")!.data, start.weights.get("lm_head.weight"));
  });
});

Deno.test("losses off by more than 2e-3 are called wrong", () => {
  assert.equal(checkLosses([6.9565, 6.7539, 6.6095, 6.485, 6.3689, 1]), "losses ok");
  assert.equal(checkLosses([6.9565, 6.7539]), "losses ok");
  assert.equal(checkLosses([6.9565, 6.7539, 6.739]), "WRONG LOSSES 6.957 6.754 6.739");
  assert.match(checkLosses([6.9565, NaN]), /^WRONG/);
});

const all = (median: number) => ({ median, low: median, high: median });

const section: Section = {
  name: "Step",
  about: "About it.",
  figures: [
    { name: "speed", value: 200, unit: "tok/s", share: all(0.3), cpuShare: all(0.4) },
    { name: "first | cold", value: 4, unit: "s", note: "losses ok" },
  ],
};

Deno.test("a baseline is kept by adapter, and better is above 1 whatever the unit", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/baseline.json`;
    assert.deepEqual(await readBaseline(path), {});
    const when = { date: "2025-01-31", deno: "2.9.6" };
    const saved = withFigures({}, "one", when, [section]);
    await writeBaseline(path, withFigures(saved, "two", when, []));
    const read = await readBaseline(path);
    assert.deepEqual(read, {
      one: {
        ...when,
        figures: {
          "Step: speed": { value: 200, unit: "tok/s", share: 0.3, cpuShare: 0.4 },
          "Step: first | cold": { value: 4, unit: "s" },
        },
      },
      two: { ...when, figures: {} },
    });
    const [speed, first] = section.figures;
    assert.equal(betterBy(read, "one", "Step", speed), 1);
    assert.equal(
      betterBy(read, "one", "Step", { ...speed, cpuShare: all(0.6) }),
      0.6 / 0.4,
      "by processor time",
    );
    assert.equal(betterBy(read, "one", "Step", { ...speed, share: all(0.6), cpuShare: undefined }), 2);
    assert.equal(betterBy(read, "one", "Step", { name: "speed", unit: "tok/s", value: 300 }), 1.5);
    assert.equal(betterBy(read, "one", "Step", { ...speed, unit: "ms" }), undefined, "another unit");
    assert.equal(betterBy(read, "two", "Step", speed), undefined);
    assert.equal(betterBy(read, "constructor", "Step", speed), undefined);
    const newer = withFigures(read, "one", when, [{ ...section, figures: [{ ...first, value: 2 }] }]);
    assert.equal(newer.one.figures["Step: speed"].value, 200, "what was not measured again stays");
    const now = { ...section, figures: [{ ...speed, cpuShare: all(0.6) }, { ...first, value: 2 }] };
    const lines = sectionText(now, (figure) => betterBy(read, "one", "Step", figure)).split("\n");
    assert.match(lines[3], /^speed +200 tok\/s +30 \(30-30\) +60 +1\.50x/);
    assert.match(lines[4], /^first.* 2\.00 s +2\.00x +losses ok/);
    assert.deepEqual((["MB", "GB/s"] as const).map(moreIsBetter), [false, true]);
  });
});

const answer = (step: number, losses = [6.9565]): Answer => ({
  firstMs: 2000,
  steps: [step * 2, step],
  cpuMs: [step * 3, null],
  losses,
  matmul: { 512: step },
});

Deno.test("peers: best step of a round, ratios round by round, wrong losses and who is missing are said", () => {
  const outcome = {
    answers: new Map([[own, [answer(100), answer(200)]], ["other", [answer(1000, [7]), answer(1000, [7])]]]),
    missing: new Map([["third", "npm is not there"]]),
  };
  assert.deepEqual(roundRows(outcome)[1], { round: "2", [own]: "200", other: "1000" });
  const [ours, other] = peerRows(outcome);
  assert.equal(ours["tok/s"], "6827");
  assert.equal(ours["ours over theirs"], "");
  assert.equal(ours["step, CPU ms"], "", "one step did not tell");
  assert.equal(other["ours over theirs"], "7.50x (5.00-10.00)");
  assert.equal(other.losses, "WRONG LOSSES 7.000");
  assert.equal(matmulRows(outcome)[1]["512^3, ours over theirs"], "7.50x (5.00-10.00)");
  assert.deepEqual(missingLines(outcome), ["NOT RUN: third: npm is not there"]);
  assert.equal(peerRows({ answers: new Map([["other", [answer(1)]]]), missing: new Map() })[0].peer, "other");
});

Deno.test("a child that is not there, fails or says nothing is an error with the reason", async () => {
  await assert.rejects(ask({ line: ["llamero-no-such-command"] }), /llamero-no-such-command/);
  const run = (code: string) => ask({ line: [Deno.execPath(), "eval", "--no-config", code] });
  await assert.rejects(run(`console.error("first\\nError: no such module\\n  at x"); Deno.exit(1)`), {
    message: "Error: no such module",
  });
  await assert.rejects(run(`console.log("hello")`), /no answer: hello/);
  assert.deepEqual(await run(`console.log("noise\\n" + JSON.stringify({ firstMs: 1 }))`), { firstMs: 1 });
  assert.equal(whatWentWrong("a\nb\n\n"), "b");
});

Deno.test("the report names machine, date, command and load, and goes between its marks", () => {
  const machine = {
    adapter: "llvmpipe",
    kind: "software adapter, Mesa 22.3.6",
    granted: "subgroups of 8",
    cores: 2,
    deno: "2.9.6",
    date: "2025-01-31",
  };
  const of = (before: string) =>
    report({
      machine,
      command: "deno task bench",
      load: { before, after: "0.4 0.1 0.1" },
      sections: [section],
    });
  const busy = of("3.1 2.0 1.0");
  const idle = of("0.2 0.1 0.1");
  assert.match(busy, /2025-01-31 on 2 cores, llvmpipe \(software adapter, Mesa 22.3.6; .*Deno 2.9.6/);
  assert.match(busy, /\*\*Taken under load\*\*/);
  assert.doesNotMatch(idle, /under load/);
  assert.ok(idle.includes(sectionMarkdown(section)));
  assert.match(idle, /\| first \\\| cold \| 4\.00 s \|/);
  assert.equal(markdownTable([{ a: "1\n2", b: "|" }]), "| a | b |\n|---|---|\n| 1 2 | \\| |");
  const page = "top\n<!-- figures -->\nold\n<!-- /figures -->\nend\n";
  assert.equal(withReport(page, "new\n"), "top\n<!-- figures -->\n\nnew\n\n<!-- /figures -->\nend\n");
  assert.throws(() => withReport("no marks", ""), /has no/);
});

Deno.test("the large model has TinyLlama's size, its shape can be changed, and its file is read back", async () => {
  assert.equal(weightsOf(largeShape()), 1_100_048_384);
  assert.equal(largeShape("dim=64,layers=2").layers, 2);
  assert.throws(() => largeShape("depth=2"), /current part is depth=2/);
  assert.throws(() => largeShape("dim=many"), /current part is dim=many/);
  await inFolder(async (folder) => {
    const shape = largeShape("dim=64,layers=2,heads=4,kvHeads=2,hidden=96,vocabSize=600,context=64");
    await writeLargeModel(`${folder}/m.gguf`, shape, "F16");
    using model = await Model.load(`${folder}/m.gguf`);
    assert.equal(model.config.hidden, 96);
    const weights = (await model.parameters()).get("model.layers.1.mlp.up_proj.weight")!;
    const deviation = Math.sqrt(weights.reduce((sum, x) => sum + x * x, 0) / weights.length);
    assert.ok(Math.abs(deviation - 0.02) < 0.001, `${deviation}`);
  });
});

Deno.test("a section without figures says why and shows no table", () => {
  const section: Section = { name: "Large", about: "Left out: no memory.", figures: [] };
  assert.equal(sectionMarkdown(section), "### Large\n\nLeft out: no memory.\n");
  assert.match(sectionText(section, () => undefined), /Left out: no memory/);
});
