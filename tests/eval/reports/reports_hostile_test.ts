// Text of data sets, models and file names in every view of a report: shown as it is, obeyed by no terminal or browser.
import assert from "node:assert/strict";
import { unpainted } from "../../../src/display/terminal.ts";
import { bundle } from "../../../src/display/mod.ts";
import { defineTask, Evaluator } from "../../../src/eval/mod.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";

const evil =
  "</td><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\x1b]0;title\x07\x9b31m\r\u0000\u007f";
const markdown = "| [x](javascript:alert(3)) | `a` ** <b>";

/** Checks that no view holds a control character or markup of the data. */
function checkViews(views: readonly { picture(): { text: string; html?: string } }[]): void {
  for (const view of views) {
    const { "text/plain": text, "text/html": html = "" } = bundle(view.picture());
    assert.ok(!/(?!\n)\p{Cc}/u.test(text), JSON.stringify(text));
    assert.ok(!/(?!\n)\p{Cc}/u.test(html), JSON.stringify(html));
    const foreign = html.replace(/<img alt="[^"]*"[^<>]* src="data:[^"]*">/g, "").replace(/<b>✓ \d /g, "");
    assert.ok(!/<(?:script|img|b)\b/.test(foreign), html);
  }
}

Deno.test("a hostile data set, a hostile model name and a hostile path in every view of a report", () =>
  withFiles({
    "ok/dev.jsonl": jsonl([
      { question: `is ${evil} so`, passage: `${evil} ${markdown}`, answer: true },
      { question: evil, passage: "P", answer: evil },
      { question: "is it", passage: markdown, answer: false },
    ]),
    "ok/<img src=x onerror=alert(4)>\x1b[31m/valid.jsonl": jsonl([
      { goal: evil, sol1: evil, sol2: markdown, label: 0 },
      { goal: markdown, sol1: " ", sol2: evil, label: 0 },
      { goal: "G", sol1: markdown, sol2: evil, label: 1 },
    ]),
  }, async (folder) => {
    const name = `tiny ${evil} ${markdown}`;
    const model = { ...scorer((_, option) => -option.length), ...writer(() => ` ${evil}`), name };
    const said = defineTask({
      name: `said ${evil}`,
      kind: "generate",
      items: [{ q: evil, a: evil }, { q: markdown, a: markdown }],
      prompt: "{q}",
      answer: ({ a }) => a,
      groups: () => [evil],
      stop: [evil],
    });
    const piqa = `${folder}/ok/<img src=x onerror=alert(4)>\x1b[31m`;
    const report = await new Evaluator(model).add("boolq", { data: `${folder}/ok` })
      .add("piqa", { data: piqa, name: `piqa ${evil}` }).add(said).run();
    const tasks = report.results.map(({ task }) => task);
    checkViews([
      report,
      report.table(),
      report.compare(),
      ...tasks.flatMap((task) => [report.protocol(task), report.rejects(task)]),
      ...tasks.flatMap((task) => [0, 1].map((i) => report.explain(task, i))),
    ]);
    assert.match(
      report.rejects(tasks[0]).picture().terminal!(unpainted, 200),
      /answer must be true or false/,
    );
    for (const text of [report.toMarkdown(), report.modelCard()]) {
      assert.ok(!/(?!\n)\p{Cc}/u.test(text), JSON.stringify(text));
      assert.ok(!/(?<!\\)<(?:script|img|b)/.test(text), text);
      const columns = text.split("\n").filter((line) => line.startsWith("|")).map((line) =>
        line.split(/(?<!\\)\|/).length
      );
      assert.deepEqual(new Set(columns), new Set([9]), "no text of the data ends a cell");
    }
  }));

Deno.test("an error that names a hostile row can be printed", () =>
  withFiles({ "dev.jsonl": jsonl([{ question: evil, passage: "P", answer: evil }]) }, async (folder) => {
    const error = await new Evaluator(scorer(() => -1)).add("boolq", { data: folder }).run().catch((error) =>
      error
    );
    assert.match(error.message, /answer must be true or false/);
    assert.ok(!/(?![\n\t])\p{Cc}/u.test(error.message), JSON.stringify(error.message));
  }));
