// Python's answers are those of CPython 3 and Jinja 3.1.
import assert from "node:assert/strict";
import { parseJinja, renderJinja, strftime } from "../../../src/tokenizer/chat/jinja.ts";

const render = (source: string, variables: Record<string, unknown> = {}) =>
  renderJinja(parseJinja(source), variables);

Deno.test("strftime_now formats a date as Python does, in English", () => {
  const date = new Date(2026, 2, 7, 0, 5, 9);
  assert.equal(strftime(date, "%d %b %Y"), "07 Mar 2026");
  assert.equal(
    strftime(date, "%A %a %B %m %y %H:%M:%S %I %p %%"),
    "Saturday Sat March 03 26 00:05:09 12 AM %",
  );
  assert.match(render("{{ strftime_now('%Y-%m-%d') }}"), /^\d{4}-\d\d-\d\d$/);
});

Deno.test("stripping and lengths are Python's: its white space, and characters instead of UTF-16 units", () => {
  const text = "\ufeff\u00a0\u001f x \u0085";
  assert.equal(render("{{ t | trim }}", { t: text }), "\ufeff\u00a0\u001f x");
  assert.equal(
    render("{{ t.strip() }}|{{ t.lstrip() }}|{{ t.rstrip() }}", { t: "\u001f a\ufeff " }),
    "a\ufeff|a\ufeff |\u001f a\ufeff",
  );
  assert.equal(
    render("{{ t.strip('\\n') }}|{{ t.lstrip('xy') }}|{{ t.rstrip('y') }}", { t: "xy a y" }),
    "xy a y| a y|xy a ",
  );
  assert.equal(render("{{ t | length }} {{ t | count }} {{ [1, 2] | length }}", { t: "a😀" }), "2 2 2");
  assert.equal(render("{{ '' | trim | length }}"), "0");
});

Deno.test("range is Python's", () => {
  assert.equal(render("{% for i in range(3) %}{{ i }}{% endfor %}"), "012");
  assert.equal(
    render("{% for i in range(2, 5) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}"),
    "234531",
  );
  assert.throws(() => render("{{ range(1, 2, 0) }}"), /step other than 0/);
});

Deno.test("truth values, nothing, lists and dictionaries are written as Python writes them", () => {
  assert.equal(
    render("{{ true }} {{ x }} {{ y }} {{ 1 == 2 }}", { x: null, y: undefined }),
    "True None  False",
  );
  assert.equal(
    render("{{ [1, 'a', none, 1.0, {'k': \"it's\"}] }}{{ 'a' ~ true ~ none }}{{ [true] | string }}"),
    "[1, 'a', None, 1.0, {'k': \"it's\"}]aTrueNone[True]",
  );
  assert.equal(
    render("{{ [t] }}", { t: "\\ \n\t\u00a0é'\"\u{e0001}" }),
    "['\\\\ \\n\\t\\xa0é\\'\"\\U000e0001']",
  );
  assert.equal(render("{{ (1, 2) }}{% for x in [false] %}{{ x }}{% endfor %}"), "(1, 2)False");
  assert.equal(render("{% if true %}{{ false }}{% else %}{{ true }}{% endif %}"), "False");
});

Deno.test("capitals are Python's", () => {
  assert.equal(
    render("{{ t | title }}|{{ t | capitalize }}|{{ t.capitalize() }}", { t: "they're ON-x (yes)" }),
    "They're On-X (Yes)|They're on-x (yes)|They're on-x (yes)",
  );
});

Deno.test("every end of a line in a template is a line feed, as in Jinja", () => {
  assert.equal(render("a\r\nb\rc{{ 'd\r\ne' }}\r\n"), "a\nb\ncd\ne");
});

Deno.test("what a round of a loop sets is gone in the next one, what it wrote before a break stays", () => {
  const counted = "{% set x = 1 %}{% for m in [1, 2, 3] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}";
  assert.equal(render(counted), "2221");
  assert.equal(
    render("{% for m in [1, 2] %}{{ seen is defined }}{% set seen = m %}{% endfor %}"),
    "FalseFalse",
  );
  const broken = "{% for m in [1, 2, 3] %}{{ m }}{% if m == 2 %}stop{% break %}{% endif %}.{% endfor %}";
  assert.equal(render(broken), "1.2stop");
  const inner =
    "{% for m in [1, 2] %}{% for x in [1, 2, 3] %}{% if x == 1 %}c{% continue %}{% endif %}{{ x }}" +
    "{% break %}{% endfor %}{{ m }}{% else %}none{% endfor %}";
  assert.equal(render(inner), "c21c22");
  assert.equal(render("{% for m in [] %}x{% else %}none{% endfor %}"), "none");
});
