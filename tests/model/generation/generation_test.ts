// A generation as a person sees it: the prompt, the text, the reason for its end.
import assert from "node:assert/strict";
import { samplingSettings } from "../../../src/model/generation/sampling_settings.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";

const text = "the llama hums on every hill while wind carries grass ".repeat(30);

/** Makes an untrained model, with a tokenizer unless told otherwise. */
async function make(tokenizer?: Tokenizer, context = 64): Promise<Model> {
  const shape = { dim: 24, layers: 2, heads: 3, hidden: 40, vocabSize: 290 };
  return await Model.create(shape, { tokenizer, context, device: await testDevice() });
}

const trained = await Tokenizer.train([text], { vocabSize: 290 });
const speed = /(\d+ tokens?) in [\d.]+ m?s(?: [\d.]+ s)?, [\d.,K]+ tokens\/s/;
const plain = (generation: { toString(): string }) => generation.toString().replace(speed, "$1 in T");

Deno.test("a generation shows its prompt apart from its text, and why it ended", async () => {
  using model = await make(trained.withTemplate("plain"));
  const generation = model.generate("the llama", { maxTokens: 6, temperature: 0 });
  assert.equal(
    String(generation),
    "prompt  the llama\n(not generated yet: await generation.text() or generation.show())",
  );
  const written = await generation.text();
  const [prompt, ...rest] = plain(generation).split("\n");
  assert.equal(prompt, "prompt  the llama");
  assert.equal(rest.at(-1), "6 tokens in T; ended at the limit of 6 tokens");
  assert.ok(rest.length > 1 && rest[0].startsWith("text    "));
  const { html } = generation.picture();
  assert.match(html!, />prompt<\/div><div[^>]*>the llama</);
  assert.match(html!, />text<\/div>/);
  const json = JSON.parse(JSON.stringify(generation));
  assert.deepEqual([json.prompt, json.text, json.finish], ["the llama", written, "length"]);

  const long = model.generate("the", { maxTokens: 200, temperature: 0.8, seed: 3, stop: [] });
  await long.text();
  assert.match(plain(long), /; ended (with the context, 64 tokens|by itself \(end-of-sequence token\))$/);
});

Deno.test("a chat shows its messages by role, and the stop string that ended the answer", async () => {
  using model = await make(trained.withTemplate("plain"));
  const messages = [
    { role: "system", content: "Be\x1b[2J kind." },
    { role: "user", content: "Why do llamas hum?" },
  ] as const;
  const first = (await model.chat(messages, { maxTokens: 4, temperature: 0 }).text()).slice(-1);
  const chat = model.chat(messages, { maxTokens: 4, temperature: 0, stop: [first] });
  await chat.text();
  const lines = plain(chat).split("\n");
  assert.equal(lines[0], "system     Be␛[2J kind.");
  assert.equal(lines[1], "user       Why do llamas hum?");
  assert.match(lines[2], /^assistant/);
  assert.ok(lines.at(-1)!.endsWith(`; ended at the stop string ${JSON.stringify(first)}`), lines.at(-1));
});

Deno.test("ids are shown as ids by a model without a tokenizer, as text by one with it", async () => {
  using bare = await make();
  const ids = bare.generate(Uint32Array.of(1, 7, 9), { maxTokens: 2, temperature: 0 });
  const written = [...await ids.ids()].join(", ");
  assert.equal(
    plain(ids),
    `prompt  [1, 7, 9]\ntext    [${written}]\n2 tokens in T; ended at the limit of 2 tokens`,
  );
  using model = await make(trained);
  const prompt = trained.encode("the llama", { bos: true });
  assert.match(String(model.generate(prompt)), /^prompt {2}the llama\n/);
  assert.doesNotMatch(String(model.generate("")), /prompt/, "an empty prompt takes no line");
});

Deno.test("a generation whose reader left says so", async () => {
  using model = await make(trained);
  const generation = model.generate("the", { maxTokens: 40, temperature: 0.8, seed: 5 });
  for await (const _ of generation) break;
  assert.match(String(generation), /; ended by its reader$/);
});

Deno.test("the defaults that help states are those of a generation", async () => {
  using model = await make(trained);
  const own = samplingSettings(model, { defaults: "own" });
  const stated = new Map(Model.help("generate").options.map(({ name, fallback }) => [name, fallback]));
  for (
    const name of ["maxTokens", "temperature", "topK", "topP", "minP", "repetitionPenalty", "seed"] as const
  ) {
    assert.equal(stated.get(name)?.match(/^[\d.]+/)?.[0], String(own[name]), name);
  }
});
