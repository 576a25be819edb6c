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
