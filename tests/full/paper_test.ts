// The paper in miniature: killed in every stage it ends with the same page, and the small run has a row in every table.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Chromium, findChromium } from "../notebooks/chromium.ts";
import { root } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

/** The files of a run that tell a person its results. */
const pages = ["index.html", "README.md", "figure-1.svg", "figure-2.svg"];

/** Returns the pages of a run without what a clock measured and without the run's folder. */
async function pagesOf(folder: string): Promise<Record<string, string>> {
  const entries = pages.map(async (name): Promise<[string, string]> => {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    const timeless = text.replace(/<section id="carbon">[^]*?<\/section>/, "").replace(
      /\n## 6 Carbon[^]*$/,
      "",
    );
    return [name, timeless.replaceAll(folder, "RUN")];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Checks that two runs tell the same, line by line. */
async function assertSamePages(actual: string, expected: string): Promise<void> {
  const [after, before] = [await pagesOf(actual), await pagesOf(expected)];
  for (const name of pages) {
    const lines = before[name].split("\n");
    const others = after[name].split("\n");
    const differing = others.flatMap((line, i) => line === lines[i] ? [] : [{ is: line, was: lines[i] }]);
    assert.deepEqual(differing.slice(0, 3), [], name);
    assert.equal(others.length, lines.length, name);
  }
}

/** Starts a program and kills it `delay` milliseconds after its output matches; returns false if it ended before. */
async function killAt(args: string[], words: RegExp, delay: number): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let said = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (words.test(said)) timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
  }
  const { signal, code } = await child.status;
  clearTimeout(timer);
  if (signal === null) assert.equal(code, 0, `it failed by itself:\n${said}`);
  return signal === "SIGKILL";
}

/** Runs a program to its end and returns what it wrote. */
async function finish(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

/** Moments of the tiny run: words of its output, and the milliseconds after them. */
const moments: [words: RegExp, delay: number][] = [
  [/1\. Raw/, 20],
  [/2\. Corpus/, 0],
  [/2\. Corpus/, 400],
  [/3\. Tokenizer/, 0],
  [/4\. Mixture/, 20],
  [/5\. Pretraining/, 1000],
  [/5\. Pretraining/, 2500],
  [/6\. Instruction/, 300],
  [/6\. Instruction/, 1500],
  [/7\. Scores/, 1500],
  [/7\. Scores/, 6000],
  [/8\. Answers/, 0],
  [/9\. Files/, 30],
];

Deno.test("a tiny run that is killed in every stage ends with the page of one that is not", () =>
  inFolder(async (folder) => {
    const tiny = (out: string) => ["run", "-A", "tests/full/paper_child.ts", `${folder}/${out}`];
    await finish(tiny("whole"));
    let killed = 0;
    for (const [words, delay] of moments) if (await killAt(tiny("killed"), words, delay)) killed++;
    console.log(`killed ${killed} times`);
    assert.ok(killed >= 8, `${killed} kills`);
    await finish(tiny("killed"));
    await assertSamePages(`${folder}/killed`, `${folder}/whole`);
    const kept = await finish(tiny("whole"));
    assert.equal(kept.match(/\(kept from an earlier run\)/g)?.length, 9, kept);
  }));

Deno.test("the small run: a row in every table, killed in training and again the same page, opened in a browser", () =>
  inFolder(async (folder) => {
    const small = (out: string) => ["run", "-A", "examples/paper.ts", "--small", "--out", `${folder}/${out}`];
    const start = performance.now();
    await finish(small("whole"));
    const seconds = (performance.now() - start) / 1000;
    console.log(`small run: ${seconds.toFixed(0)} s (bound 360 s on 2 undisturbed cores)`);
    assert.ok(await killAt(small("killed"), /pretrain (1\d\d|[2-9]\d\d)\//, 700), "killed in pretraining");
    await finish(small("killed"));
    await assertSamePages(`${folder}/killed`, `${folder}/whole`);

    const markdown = await Deno.readTextFile(`${folder}/whole/README.md`);
    for (const table of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]) {
      const [, body] = markdown.split(`**Table ${table} of the paper`);
      assert.match(body?.split("\n**")[0] ?? "", /yours/, `table ${table}`);
    }
    assert.match(markdown, /figure-1\.svg[^]*figure-2\.svg/);
    for (const file of ["model/README.md", "model/model.safetensors", "model/tokenizer.json", "model.gguf"]) {
      assert.ok((await Deno.stat(`${folder}/whole/${file}`)).size > 1000, file);
    }
    const html = await Deno.readTextFile(`${folder}/whole/index.html`);
    assert.doesNotMatch(html, /<(script|link|iframe|object)\b|src="(?!data:)|@import|url\(/);
    await inBrowser(`${folder}/whole/index.html`);
  }));

/** Opens the page on a wide and a narrow screen: nothing is wider than the screen, and every image is shown. */
async function inBrowser(page: string): Promise<void> {
  const program = await findChromium();
  if (!program) return console.log("Chromium is missing: the page was not opened");
  const chromium = await Chromium.start(program);
  try {
    for (const width of [1100, 390]) {
      await chromium.open(pathToFileURL(page).href, width);
      assert.equal(await chromium.evaluate("document.documentElement.scrollWidth"), width);
      const broken = "[...document.images].filter((image) => image.naturalWidth === 0).length";
      assert.equal(await chromium.evaluate(broken), 0);
      assert.ok(await chromium.evaluate<number>("document.images.length") >= 2);
    }
  } finally {
    await chromium.close();
  }
}
