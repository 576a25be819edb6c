// The messages of wrong options: which of several mistakes is said, and in what words.
import assert from "node:assert/strict";
import { z } from "zod";
import { parseOptions } from "../../src/base/schema.ts";

const inner = z.strictObject({
  rate: z.number().gt(0),
  kind: z.enum(["linear", "cosine"]).default("cosine"),
});
const schema = z.strictObject({
  steps: z.int().min(1),
  name: z.string().min(1).optional(),
  schedule: inner.optional(),
  parts: z.array(inner).optional(),
  network: z.union([inner, z.literal("measured")]).optional(),
  keep: z.union([z.string(), z.array(z.string()), z.literal(false)]).optional(),
  stop: z.array(z.string()).min(1).optional(),
  zero: z.union([z.literal(0), z.literal(1)], "must be 0 or 1").optional(),
  seed: z.number().max(9).default(1),
  fn: z.custom<() => void>((value) => typeof value === "function", "must be a function").optional(),
});

function message(value: unknown): string {
  try {
    parseOptions(schema, value, "Trainer");
  } catch (error) {
    return (error as Error).message.replace("Cannot use Trainer", "");
  }
  return "";
}

Deno.test("an unknown key is said before anything else that is wrong, at any depth", () => {
  const unknown = (key: string, near: string) => `.${key}: unknown option, did you mean "${near}"?`;
  assert.equal(message({ stepz: 3 }), unknown("stepz", "steps"));
  assert.equal(message({ name: 7, sede: 1 }), unknown("sede", "seed"));
  assert.equal(message({ name: 7, schedule: { rat: 1 } }), unknown("schedule.rat", "rate"));
  assert.equal(message({ parts: [{ rate: 1 }, { rates: 1 }] }), unknown("parts.1.rates", "rate"));
  assert.equal(message({ network: { rates: 1 } }), unknown("network.rates", "rate"));
  assert.equal(
    message({ schedule: { colour: 1 } }),
    ".schedule.colour: unknown option, known options: rate, kind",
  );
});

Deno.test("a missing option is called missing, with what it must be", () => {
  assert.equal(message({}), ".steps: it is missing, and must be a number");
  assert.equal(message({ steps: 1, schedule: {} }), ".schedule.rate: it is missing, and must be a number");
  assert.equal(message(undefined), ": it is missing, and must be an object");
});

Deno.test("a wrong value is said with the allowed ones", () => {
  const cases: [object, string][] = [
    [{ steps: "7" }, '.steps: it must be a number, current value is "7"'],
    [{ steps: 1.5 }, ".steps: it must be a whole number, current value is 1.5"],
    [{ steps: 0 }, ".steps: it must be at least 1, current value is 0"],
    [{ seed: 10 }, ".seed: it must be at most 9, current value is 10"],
    [{ schedule: { rate: 0 } }, ".schedule.rate: it must be more than 0, current value is 0"],
    [
      { schedule: { rate: 1, kind: "lienar" } },
      '.schedule.kind: it must be "linear" or "cosine", current value is "lienar", did you mean "linear"?',
    ],
    [{ name: "" }, '.name: it must be a text of at least 1 character, current value is ""'],
    [{ stop: [] }, ".stop: it must be a list of at least 1 entry, current value is []"],
    [{ keep: 7 }, ".keep: it must be a text, a list or false, current value is 7"],
    [{ keep: [1] }, ".keep.0: it must be a text, current value is 1"],
    [{ network: "mesured" }, '.network: it must be an object or "measured", current value is "mesured"'],
    [{ zero: 2 }, ".zero: must be 0 or 1, current value is 2"],
    [{ fn: 1 }, ".fn: must be a function, current value is 1"],
  ];
  for (const [value, expected] of cases) assert.equal(message({ steps: 1, ...value }), expected);
  assert.equal(message("fast"), ': it must be an object, current value is "fast"');
});
