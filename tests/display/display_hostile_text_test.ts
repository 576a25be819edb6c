// Text of files, labels and models is shown and never obeyed: no HTML of its own, no terminal escape.
import assert from "node:assert/strict";
import { Dataset, Model, Tokenizer, Trainer } from "../../mod.ts";
import { DataError } from "../../src/base/errors.ts";
import {
  barChart,
  bundle,
  card,
  type Displayable,
  escapeMarkdown,
  heatMap,
  keyValues,
  lineChart,
  Live,
  type Picture,
  pipeSink,
  printable,
  Progress,
  table,
  terminalSink,
} from "../../src/display/mod.ts";
import { modelCard } from "../../src/model/files/model_card.ts";
import { inFolder } from "../support/folder.ts";

const hostile = `<img src=x onerror=alert(1)><script>alert(2)</script>"'>` +
  "\x1b]0;title\x07\x1b[2J\x9b31m\x08\x7f\rover";

/** Throws where a front end would obey the text. */
function assertHarmless(name: string, data: Record<string, string>): void {
  for (const [type, text] of Object.entries(data)) {
    assert.doesNotMatch(text, /(?![\t\n])\p{Cc}/u, `${name}: control character in ${type}`);
    if (type === "text/html") assertNoMarkup(name, text);
  }
}

function assertNoMarkup(name: string, html: string): void {
  assert.doesNotMatch(html, /<script|<img src=x/i, `${name}: HTML of the text`);
  for (const [, base64] of html.matchAll(/data:image\/svg\+xml;base64,([^"]*)"/g)) {
    const svg = new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    assert.doesNotMatch(svg, /<script|<img/i, `${name}: markup of the text in a picture`);
    assert.doesNotMatch(svg, /(?![\t\n])\p{Cc}/u, `${name}: control character in a picture`);
  }
}

const shown = (object: Displayable) => ({
  ...bundle(object.picture()),
  text: String(object),
  logged: Deno.inspect(object),
});

Deno.test("printable text keeps tabs and lines, and shows what would move the cursor", () => {
  assert.equal(printable("a\tb\r\nc\nd\re"), "a\tb\nc\nd\u240de");
  assert.equal(printable("\x1b[31m\x00\x7f\x9b\u2028é灌"), "\u241b[31m\u2400\u2421\ufffd\u2028é灌");
});

Deno.test("no picture obeys the names, titles and values that it shows", () => {
  const points: [number, number][] = [[0, 1], [1, 2]];
  const pictures: Record<string, Picture> = {
    table: table([{ [hostile]: hostile }], { title: hostile, note: hostile }),
    keyValues: keyValues(hostile, [[hostile, hostile]]),
    lineChart: lineChart({
      title: hostile,
      xLabel: hostile,
      yLabel: hostile,
      series: [{ name: hostile, points }],
    }),
    barChart: barChart({ title: hostile, bars: [{ label: hostile, value: 1 }] }),
    heatMap: heatMap({
      title: hostile,
      rows: [hostile],
      columns: [hostile],
      panels: [{ title: hostile, values: [[1]], texts: [[hostile]] }],
    }),
    card: { text: hostile, html: card(hostile, "") },
  };
  for (const [name, picture] of Object.entries(pictures)) assertHarmless(name, bundle(picture));
});

Deno.test("a terminal and a pipe get no escape of the text", async () => {
  const written: string[] = [];
  const terminal = new Live({ sink: terminalSink((text) => written.push(text), () => 80) });
  terminal.update({ picture: { text: `${hostile}\nsecond` } });
  await terminal.end();
  const pipe = new Live({ sink: pipeSink((text) => written.push(text)) });
  pipe.update({ picture: { text: hostile } });
  await pipe.end();
  const progress = new Progress(hostile, {
    total: 1,
    sink: terminalSink((text) => written.push(text), () => 80),
  });
  progress.add();
  await progress.end();
  assert.ok(written.length >= 3);
  const own = written.map((text) => text.replace("\r\x1b[2K", ""));
  assertHarmless("live", { text: own.join("") });
});

Deno.test("errors quote files and values without their escapes", () => {
  const error = new DataError(`Cannot read ${hostile}`, { file: hostile });
  assertHarmless("error", { message: error.message, shown: String(error) });
});

Deno.test("a model card quotes a name as text", async () => {
  using model = await Model.create("nano");
  const text = modelCard({ name: hostile, config: model.config });
  assert.doesNotMatch(text, /[^\\]<script|[^\\]<img/);
  assertHarmless("model card", { text });
  assert.equal(escapeMarkdown("a|b\n<i>*c*"), "a\\|b \\<i\\>\\*c\\*");
});

Deno.test("datasets, tokens, masks, runs and generations show hostile records as text", () =>
  inFolder(async (folder) => {
    const file = `${folder}/<img src=x onerror=alert(1)>\x1b[2J.txt`;
    await Deno.writeTextFile(file, `${hostile}\n`.repeat(40));
    const corpus = Dataset.text(file);
    const preview = corpus.preview(2);
    await preview.read();
    assertHarmless("dataset", shown(corpus));
    assertHarmless("preview", shown(preview));
    assertHarmless("stats", shown(await corpus.stats() as unknown as Displayable));
    const rows = Dataset.from([{ [hostile]: hostile, n: 1 }]).preview(1);
    await rows.read();
    assertHarmless("rows", shown(rows));

    const tokenizer = await Tokenizer.train(corpus, { vocabSize: 300 });
    assertHarmless("tokens", shown(tokenizer.show(hostile)));
    using model = await Model.create("nano", { tokenizer, context: 256, name: hostile });
    assertHarmless("model", shown(model as unknown as Displayable));
    assertHarmless("plan", shown(new Trainer(model).pretrain(corpus, { steps: 1 }).plan()));
    const talk = Dataset.from([{ prompt: hostile, completion: hostile }]).conversations();
    const trainer = new Trainer(model).instruct(talk, { steps: 1, validation: false });
    assertHarmless("mask", shown(await trainer.maskPreview(1)));
    assertHarmless("run", shown(await trainer.run()));
    const generation = model.generate(hostile, { maxTokens: 8 });
    await generation.text();
    assertHarmless("generation", shown(generation));
  }));
