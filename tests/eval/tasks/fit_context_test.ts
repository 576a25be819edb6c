// A prompt that is cut keeps the BOS that the model would put in front of it, and gets none where it would put none.
import assert from "node:assert/strict";
import { fitPrompt } from "../../../src/eval/tasks/fit_context.ts";
import { characters } from "../fakes.ts";

const codes = (text: string) => [...text].map((c) => c.codePointAt(0)!);

Deno.test("a cut prompt begins with BOS only where the tokenizer adds one", () => {
  const { tokenizer, config } = characters(16);
  const prompt = "0123456789abcdefghij";
  for (const addsBos of [true, undefined]) { // a tokenizer that does not say is asked for BOS
    const fitted = fitPrompt({ name: "m", tokenizer: { ...tokenizer, addsBos }, config }, prompt, 4);
    assert.equal(fitted.cut, 9);
    assert.deepEqual([...fitted.prompt as Uint32Array], [1, ...codes("9abcdefghij")]);
  }
  const without = fitPrompt({ name: "m", tokenizer: { ...tokenizer, addsBos: false }, config }, prompt, 4);
  assert.deepEqual([...without.prompt as Uint32Array], codes("89abcdefghij"));
  assert.equal(without.cut, 8);
  const whole = fitPrompt(
    { name: "m", tokenizer: { ...tokenizer, addsBos: false }, config },
    "0123456789ab",
    4,
  );
  assert.deepEqual(whole, { prompt: "0123456789ab", cut: 0 });
});
