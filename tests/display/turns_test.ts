// Turns of a conversation as text of a width and as HTML.
import assert from "node:assert/strict";
import { turns } from "../../src/display/mod.ts";
import { painted } from "../../src/display/terminal.ts";
import { wrapRanges } from "../../src/display/text_width.ts";

const wrapped = (text: string, columns: number) =>
  wrapRanges(text, columns).map(([from, to]) => text.slice(from, to));

Deno.test("text is broken behind spaces, at line feeds, and within words that are longer than a line", () => {
  assert.deepEqual(wrapped("the llama hums on the hill", 10), ["the llama", "hums on", "the hill"]);
  assert.deepEqual(wrapped("a\n\nb", 10), ["a", "", "b"]);
  assert.deepEqual(wrapped("abcdefghijkl mn", 5), ["abcde", "fghij", "kl mn"]);
  assert.deepEqual(wrapped("灌木灌木", 4), ["灌木", "灌木"], "wide characters take two columns");
  assert.deepEqual(wrapped("ab   ", 2), ["ab   "], "spaces at the end need no line");
  for (const columns of [3, 7, 20]) {
    for (const line of wrapped("why do llamas hum? because the hill is wide", columns)) {
      assert.ok(line.trimEnd().length <= columns, `${columns}: ${line}`);
    }
  }
});

Deno.test("each turn stands behind its role, its lines below one another", () => {
  const { text, html } = turns([
    { role: "user", parts: [{ text: "Why do llamas hum?\nTell\x1b[2J me." }] },
    { role: "assistant", parts: [{ text: "<b>", look: "quiet" }, { text: "Hm.", look: "marked" }] },
  ], { title: "Talk", note: "2 tokens" });
  assert.equal(
    text,
    `Talk
user       Why do llamas hum?
           Tell␛[2J me.
assistant  <b>«Hm.»
2 tokens`,
  );
  assert.match(html!, /<u style="[^"]*">Hm\.<\/u>/, "marked by more than colour");
  assert.match(html!, /&lt;b&gt;/);
  assert.ok(!html!.includes("\x1b"));
});

Deno.test("a long turn keeps its start or its end in sight, and folds the rest", () => {
  const long = "a".repeat(300) + "b".repeat(300);
  const start = turns([{ role: "user", parts: [{ text: long }] }], { fold: 100 });
  assert.match(start.text, /^user {2}a+\n {6}a+ … \(500 more characters\)$/);
  assert.match(
    start.html!,
    /a{100}<details[^>]*><summary[^>]*>… 500 more characters<\/summary>a{200}b{300}</,
  );
  const end = turns([{ role: "prompt", parts: [{ text: long }], keep: "end" }], { fold: 100 });
  assert.match(end.text, /^prompt {2}… \(500 more characters\)\n {8}b/);
  assert.match(end.html!, /<\/summary>a{300}b{200}<\/details>b{100}</);
  const whole = turns([{ role: "user", parts: [{ text: "a".repeat(110) }] }], { fold: 100 });
  assert.doesNotMatch(whole.html!, /details/, "a rest of a few words is not folded");
  const halves = turns([{ role: "u", parts: [{ text: `${"a".repeat(99)}😀${"b".repeat(99)}` }] }], {
    fold: 100,
  });
  assert.ok(halves.text.isWellFormed() && halves.html!.isWellFormed(), "no character is halved");
});

Deno.test("in a terminal roles are bold and marked parts green, on every line of them", () => {
  const { text, terminal } = turns([
    { role: "assistant", parts: [{ text: "no " }, { text: "the llama hums ".repeat(8), look: "marked" }] },
  ]);
  const shown = terminal!(painted);
  const green = shown.split("\n").filter((line) => line.includes("\x1b[32m"));
  assert.equal(green.length, text.split("\n").length);
  // deno-lint-ignore no-control-regex
  assert.equal(shown.replace(/\x1b\[\d+m/g, ""), text);
});
