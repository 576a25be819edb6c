// The arithmetic of the paper's tables, from its printed numbers: averages over questions, counts behind percentages. Its
// tables also appear with a user's models in them.
import assert from "node:assert/strict";
import { unpainted } from "../../../src/display/terminal.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { mmluGroups } from "../../../src/eval/benchmarks/mmlu_groups.ts";
import { Evaluator, published, type PublishedColumn } from "../../../src/eval/mod.ts";
import { sum } from "../../../src/eval/tasks/metric.ts";
import { fixture } from "../benchmarks/fixtures.ts";
import { scorer, withFiles, writer } from "../fakes.ts";
import questions from "./mmlu_counts.json" with { type: "json" };

const column = (table: number, task: string, metric: string, shots?: number): PublishedColumn => {
  const found = published.filter((one) =>
    one.table === table && one.task === task && one.metric === metric &&
    (shots === undefined || one.shots === shots)
  );
  assert.equal(found.length, 1, `table ${table}, ${task}, ${metric}`);
  return found[0];
};

/** Number of questions in each subject of MMLU. */
const counts = Object.entries(questions);

Deno.test("MMLU: 57 subjects, 14,042 questions; the averages of table 9 are over questions", () => {
  assert.equal(counts.length, 57);
  assert.equal(sum(Object.values(questions)), 14042);
  assert.deepEqual([...mmluGroups.keys()].sort(), counts.map(([subject]) => subject).sort());
  const sizes = Map.groupBy(counts, ([subject]) => mmluGroups.get(subject)!);
  const groups = [...sizes].map(([group, of]) => [group, of.length, sum(of.map(([, n]) => n))]).sort();
  assert.deepEqual(groups, [["STEM", 18, 3018], ["humanities", 13, 4705], ["other", 14, 3242], [
    "social sciences",
    12,
    3077,
  ]]);
  let cells = 0;
  const average = (model: string, of: [string, number][]) =>
    sum(of.map(([subject, n]) => n * column(16, "mmlu", `accuracy, ${subject}`).rows[model])) /
    sum(of.map(([, n]) => n));
  // The averages printed beside table 16; table 9 has GPT-3's from another paper.
  const gpt3: Record<string, number> = {
    "STEM": 36.7,
    "humanities": 40.6,
    "other": 49.0,
    "social sciences": 50.5,
    "": 43.9,
  };
  const tuned: Record<string, number> = {
    "STEM": 56.6,
    "humanities": 67.4,
    "other": 72.6,
    "social sciences": 79.2,
    "": 68.9,
  };
  const models = ["Gopher 280B", "Chinchilla 70B", "LLaMA 7B", "LLaMA 13B", "LLaMA 33B", "LLaMA 65B"];
  for (const [group, of] of [...sizes, ["", counts] as const]) {
    const printed = column(9, "mmlu", group === "" ? "accuracy" : `accuracy, ${group}`).rows;
    for (const model of [...models, "GPT-3 175B", "LLaMA-I 65B"]) {
      const want = model.startsWith("GPT")
        ? gpt3[group]
        : model.startsWith("LLaMA-I")
        ? tuned[group]
        : printed[model];
      const tolerance = model.startsWith("Chinchilla") && group === "" ? 0.11 : 0.065; // table 9 has 67.5, table 16 67.6
      assert.ok(
        Math.abs(average(model, of) - want) <= tolerance,
        `${model}, ${group}: ${average(model, of)}, not ${want}`,
      );
      cells++;
    }
  }
  assert.equal(cells, 40);
});

Deno.test("CrowS-Pairs: the printed average is over the 1,508 pairs", () => {
  const pairs: Record<string, number> = {
    "race-color": 516,
    "gender": 262,
    "socioeconomic": 172,
    "nationality": 159,
    "religion": 105,
    "age": 87,
    "sexual-orientation": 84,
    "physical-appearance": 63,
    "disability": 60,
  };
  assert.equal(sum(Object.values(pairs)), 1508);
  const model = "LLaMA 65B";
  const printed = (metric: string) => column(12, "crows-pairs", metric).rows[model];
  const right = Object.entries(pairs).map(([kind, n]) => {
    const percent = printed(`stereotype, ${kind}`);
    const count = Math.round(percent / 100 * n);
    assert.ok(
      Math.abs(100 * count / n - percent) <= 0.06,
      `${kind}: ${percent} % is no whole number of ${n}`,
    );
    return count;
  });
  assert.equal(sum(right), 1005);
  assert.equal((100 * 1005 / 1508).toFixed(1), printed("stereotype").toFixed(1));
});

Deno.test("WinoGender: every cell is a count over 720, 240 or 120, and the kinds make the whole", () => {
  const sizes: Record<string, number> = {
    "accuracy": 720,
    "accuracy, her/her/she": 240,
    "accuracy, his/him/he": 240,
    "accuracy, their/them/someone": 240,
    "accuracy, her/her/she (gotcha)": 120,
    "accuracy, his/him/he (gotcha)": 120,
  };
  for (const model of ["LLaMA 7B", "LLaMA 13B", "LLaMA 33B", "LLaMA 65B"]) {
    const right = Object.entries(sizes).map(([metric, n]) => {
      const percent = column(13, "winogender", metric).rows[model];
      const count = Math.round(percent / 100 * n);
      assert.equal((100 * count / n).toFixed(1), percent.toFixed(1), `${model}, ${metric}`);
      return count;
    });
    assert.equal(right[0], right[1] + right[2] + right[3], model);
  }
});

Deno.test("every table of scores exists, with the cells of its last row", () => {
  const last: [
    table: number,
    task: string,
    metric: string,
    shots: number | undefined,
    model: string,
    value: number,
  ][] = [
    [3, "openbookqa", "accuracy", 0, "LLaMA 65B", 60.2],
    [4, "natural-questions", "exact match", 64, "LLaMA 65B", 39.9],
    [5, "triviaqa", "exact match", 0, "LLaMA 65B", 68.2],
    [6, "race-high", "accuracy", 0, "LLaMA 65B", 51.6],
    [7, "math", "maj1@256", 4, "LLaMA 65B", 20.5],
    [8, "mbpp", "pass@80", 3, "LLaMA 65B", 76.8],
    [9, "mmlu", "accuracy", 5, "LLaMA 65B", 63.4],
    [10, "mmlu", "accuracy", 5, "LLaMA-I 65B", 68.9],
    [14, "truthfulqa", "truthful and informative", undefined, "LLaMA 65B", 0.53],
  ];
  for (const [table, task, metric, shots, model, value] of last) {
    assert.equal(column(table, task, metric, shots).rows[model], value);
  }
  const respectful = published.find(({ table, variant }) => table === 11 && variant === "respectful");
  assert.equal(respectful!.rows["LLaMA 65B"], 0.141);
  const names = new Set(published.map(({ table }) => table));
  assert.deepEqual([...names], [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]);
});

Deno.test("a table of the paper with a user's models in it, also with several columns per task", async () => {
  const files = { ...fixture("mmlu", 10).files, ...fixture("natural-questions", 9).files };
  await withFiles(files, async (data) => {
    const model = (name: string) => ({
      ...scorer((_, option) => option === " B" ? -1 : -2),
      ...writer(() => "x"),
      name,
    });
    const report = await new Evaluator({ base: model("a"), tuned: model("b") }).add("mmlu", { data })
      .add("natural-questions", { data, name: "nq" }).add("natural-questions", {
        data,
        shots: 5,
        name: "nq5",
      }).run();
    const nine = report.compare({ table: 9 });
    const lines = nine.picture().terminal!(unpainted, 200).split("\n");
    assert.match(lines[0], /Table 9 of the paper: MMLU, five-shot/);
    assert.match(lines[1], /^model +humanities +STEM +social sciences +other +all +from/);
    assert.match(
      lines.find((line) => line.startsWith("LLaMA 65B"))!,
      /61\.8% +51\.7% +72\.9% +67\.4% +63\.4% +paper/,
    );
    const own = nine.facts.filter(({ from }) => from === "this report");
    assert.deepEqual(own.map(({ model }) => model), ["base", "tuned"]);
    assert.equal(own[0].scores["all"], 100 * report.value("mmlu"));
    assert.equal(own[0].scores["other"], 100 * report.value("mmlu", { metric: "accuracy, other" })); // anatomy
    assert.equal(own[0].scores["STEM"], undefined);
    assert.equal(report.compare({ table: 10 }).facts.at(-1)!.model, "tuned");
    assert.equal(
      report.compare({ table: 16 }).facts.find(({ from }) => from === "this report")!
        .scores["anatomy"] >= 0,
      true,
    );

    const sixteen = report.compare({ table: 16 }).picture().terminal!(unpainted, 400).split("\n");
    assert.match(sixteen[1], /^ +GPT-3 175B +Gopher 280B .* base \(this report\) +tuned \(this report\)$/);
    assert.match(sixteen.find((line) => line.startsWith("virology"))!, /^virology +46\.0% +47\.0%/);

    const four = report.compare({ table: 4 }).facts.at(-1)!;
    assert.deepEqual(Object.keys(four.scores), ["0-shot", "5-shot"]);
    const all = report.compare();
    assert.match(all.toString(), /Numbers of the paper: tables 4, 9/);
    assert.ok(!all.toString().includes("anatomy"), "subjects only when asked for");
    assert.throws(
      () => report.compare({ table: 15 }),
      (error: unknown) =>
        error instanceof ConfigError && /table 15: the tables of scores are 3, 4/.test(error.message),
    );
  });
});
