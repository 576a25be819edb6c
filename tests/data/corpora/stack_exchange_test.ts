import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { htmlText } from "../../../src/data/text/html_text.ts";
import { inFolder } from "../../support/folder.ts";
import { testData } from "../../support/test_data.ts";

Deno.test("HTML becomes text: blocks, lists, code as it stands, labels of links, entities", () => {
  const cases: [string, string][] = [
    ["<p>I fell <b>twice</b>.</p>\n<p>Again.</p>", "I fell twice.\n\nAgain."],
    ["a<br>b<br/>c", "a\nb\nc"],
    ["<ul>\n<li>one</li>\n<li>two<ul><li>three</li></ul></li></ul>end", "* one\n* two\n* three\n\nend"],
    ["<ol><li><p>one</p></li><li><p>two</p></li></ol>", "* one\n* two"],
    ["x <pre><code>if (a &lt; b) {\n    c();\n\n}\n</code></pre> y", "x\n\nif (a < b) {\n    c();\n\n}\n\ny"],
    ['see <a href="http://x">the label</a><img src="x" alt="pic">!', "see the label!"],
    ["a &amp; b &#39;c&#x27; &nbsp;d &unknown;", "a & b 'c' d &unknown;"],
    ["<script>var x = '<p>';</script><style>p{}</style><p>text", "text"],
    ["<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"],
    ["5 < 6 and 7 > 2", "5 < 6 and 7 > 2"],
    ["", ""],
  ];
  for (const [html, expected] of cases) assert.equal(htmlText(html), expected, html);
});

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const row = (fields: Record<string, string | number>) =>
  `  <row ${
    Object.entries(fields).map(([key, value]) => `${key}="${escape(String(value))}"`).join(" ")
  } />\n`;

const posts = `<?xml version="1.0" encoding="utf-8"?>\n<posts>\n${
  [
    row({
      Id: 4,
      PostTypeId: 1,
      Score: 12,
      Title: "Why is <ice> slippery?",
      Body: "<p>I fell <b>twice</b>.</p>",
    }),
    row({ Id: 5, PostTypeId: 2, ParentId: 4, Score: 9, Body: "<p>nine</p>" }),
    row({ Id: 6, PostTypeId: 2, ParentId: 4, Score: 10, Body: "<p>ten</p>" }),
    row({ Id: 7, PostTypeId: 2, ParentId: 4, Score: -1, Body: "<p>minus one</p>" }),
    row({ Id: 8, PostTypeId: 2, ParentId: 4, Score: -2, Body: "<p>minus two</p>" }),
    row({ Id: 9, PostTypeId: 2, ParentId: 4, Score: 10, Body: "<p>ten again</p>" }),
    row({ Id: 10, PostTypeId: 5, Score: 0, Body: "wiki", Title: "no question" }),
    row({ Id: 11, PostTypeId: 2, ParentId: 99, Score: 1, Body: "lost" }),
    row({ Id: 12, PostTypeId: 1, Score: 0, Title: "No body & no answer" }),
    '  <row Id="13" PostTypeId="1" Title="broken < row" />\n',
    '  <row PostTypeId="1" Title="no id" />\n',
  ].join("")
}</posts>\n`;

Deno.test("a question comes with its answers, by score as numbers, in their order where equal", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/ice.stackexchange.com`);
    const path = `${folder}/ice.stackexchange.com/Posts.xml`;
    await Deno.writeTextFile(path, posts);
    const dataset = Dataset.stackExchange(path);
    const [first, second, ...rest] = await dataset.toArray();
    assert.equal(
      first.text,
      "Q: Why is <ice> slippery?\n\nI fell twice.\nA: ten\nA: ten again\nA: nine\nA: minus one\nA: minus two",
    );
    assert.equal(first.source, "ice.stackexchange.com");
    assert.equal(first.id, "ice.stackexchange.com:4");
    assert.equal(first.meta?.score, 12);
    assert.equal(second.text, "Q: No body & no answer");
    assert.deepEqual(rest, []);
    const [{ dropped, notes }] = (await dataset.stats()).steps;
    assert.deepEqual(dropped, { unreadable: 2 });
    assert.match(String(notes["first unreadable"]), /Posts\.xml:12: /);
    assert.equal(notes["posts of other kinds"], 1);
    assert.equal(notes["answers without their question"], 1);
    const good = await Dataset.stackExchange(path, { leastScore: 0 }).take(1).toArray();
    assert.doesNotMatch(good[0].text, /minus/);
  }));

Deno.test("only the sites with the most posts are read, of equal ones the first by name", () =>
  inFolder(async (folder) => {
    const question = (id: number) => row({ Id: id, PostTypeId: 1, Score: 1, Title: `q${id}`, Body: "" });
    for (const [site, count] of [["a", 1], ["b", 3], ["c", 2], ["d", 2]] as const) {
      const rows = Array.from({ length: count }, (_, i) => question(i + 1)).join("");
      await Deno.writeTextFile(`${folder}/${site}.Posts.xml`, `<posts>\n${rows}</posts>`);
    }
    const sites = async (
      sites?: number,
    ) => [
      ...new Set(
        (await Dataset.stackExchange(`${folder}/*.Posts.xml`, { sites }).toArray()).map(({ source }) =>
          source
        ),
      ),
    ];
    assert.deepEqual(await sites(), ["a", "b", "c", "d"]);
    assert.deepEqual(await sites(2), ["b", "c"]);
  }));

const dump = "stackexchange_matheducators_Posts.xml";
const { path, present } = await testData(dump);

Deno.test(
  `a published dump: every answer with its question, best first${present.reason}`,
  present,
  async () => {
    const documents = await Dataset.stackExchange(path(dump)).toArray();
    assert.equal(documents.length, 397);
    const scores = documents.map(({ meta }) => meta?.answerScores as number[]);
    assert.equal(scores.flat().length, 1507);
    assert.ok(scores.every((own) => own.every((score, i) => i === 0 || own[i - 1] >= score)));
    for (const { text, id } of documents) assert.doesNotMatch(text, /<\/?(p|a|em|strong|li|blockquote)>/, id);
  },
);

Deno.test("characters that XML does not allow go, are counted, and cost no post", () =>
  inFolder(async (folder) => {
    const bad = ["&#x0E;", "&#14;", "&#xFFFE;", "&#xD800;", "&#0;", "\x0b"];
    const rows = bad.map((sign, i) =>
      `<row Id="${i + 1}" PostTypeId="1" Title="T${sign}" Body="&lt;p&gt;A${sign}B &#x20AC;&lt;/p&gt;" />`
    );
    await Deno.writeTextFile(`${folder}/Posts.xml`, `<posts>${rows.join("\n")}</posts>`);
    const posts = Dataset.stackExchange(`${folder}/Posts.xml`);
    assert.deepEqual((await posts.toArray()).map(({ text }) => text), Array(6).fill("Q: T\n\nAB €"));
    const [{ dropped, notes }] = (await posts.stats()).steps;
    assert.deepEqual(dropped, {});
    assert.equal(notes["characters that XML does not allow"], 12);
  }));

Deno.test("a damaged site does not keep the largest ones from being chosen", () =>
  inFolder(async (folder) => {
    const row = (id: number) => `<row Id="${id}" PostTypeId="1" Title="T${id}" Body="B" />`;
    const files: [string, string][] = [["a", "no XML"], ["b", `<r>${row(1)}</r>`], [
      "c",
      `<r>${row(2)}${row(3)}</r>`,
    ]];
    for (const [site, text] of files) await Deno.writeTextFile(`${folder}/${site}.Posts.xml`, text);
    const posts = await Dataset.stackExchange(`${folder}/*.xml`, { sites: 2 }).toArray();
    assert.deepEqual(posts.map(({ source }) => source), ["b", "c", "c"]);
  }));

Deno.test("answers that are left out are counted and written to the rejects", () =>
  inFolder(async (folder) => {
    const answer = (id: number, question: number, score: number) =>
      row({ Id: id, PostTypeId: 2, ParentId: question, Score: score, Body: `answer ${id}` });
    const rows = row({ Id: 1, PostTypeId: 1, Title: "T", Body: "B" }) + answer(2, 1, 5) + answer(3, 1, -4) +
      answer(4, 9, 5);
    await Deno.writeTextFile(`${folder}/Posts.xml`, `<posts>${rows}</posts>`);
    const posts = Dataset.stackExchange(`${folder}/Posts.xml`, { leastScore: 0 });
    const { steps: [{ notes }] } = await posts.write(`${folder}/a.jsonl`, { rejects: `${folder}/r.jsonl` });
    assert.deepEqual(notes, { "answers of a lower score": 1, "answers without their question": 1 });
    const rejects = (await Deno.readTextFile(`${folder}/r.jsonl`)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(rejects.map(({ reason, record }) => [reason, record.id, record.text]), [
      ["answers of a lower score", 3, "answer 3"],
      ["answers without their question", 4, "answer 4"],
    ]);
  }));

Deno.test("a second question with the same id is counted, and the first one stays", () =>
  inFolder(async (folder) => {
    const question = (title: string) => row({ Id: 1, PostTypeId: 1, Title: title, Body: "B" });
    await Deno.writeTextFile(
      `${folder}/Posts.xml`,
      `<posts>${question("first")}${question("second")}</posts>`,
    );
    const posts = Dataset.stackExchange(`${folder}/Posts.xml`);
    assert.deepEqual((await posts.toArray()).map(({ text }) => text), ["Q: first B"]);
    const [{ dropped, notes }] = (await posts.stats()).steps;
    assert.deepEqual(dropped, { unreadable: 1 });
    assert.match(String(notes["first unreadable"]), /a second question 1/);
  }));
