// Each known field of a generation_config.json: it changes what is generated as in transformers (recorded by
// tests/reference/config_fields.py), or generating refuses it by name, or it changes no text; all survive a save.
import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../src/base/errors.ts";
import { distribution, penalised } from "../../../src/model/generation/sampling.ts";
import { samplingSettings } from "../../../src/model/generation/sampling_settings.ts";
import { Model } from "../../../src/model/mod.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { ids, recorded, writeModel } from "./recorded_fields.ts";

const prompt = ids.slice(0, 10);
type Fields = Record<string, unknown>;

const json = async (path: string): Promise<Fields> => JSON.parse(await Deno.readTextFile(path));
const writeJson = (path: string, value: unknown) => Deno.writeTextFile(path, JSON.stringify(value));

/** Loads the model of `folder` with another generation_config.json. */
async function loadWith(folder: string, generation: Fields | undefined, config: Fields = {}): Promise<Model> {
  await writeJson(`${folder}/config.json`, { ...recorded.base, eos_token_id: null, ...config });
  if (generation) await writeJson(`${folder}/generation_config.json`, generation);
  else await Deno.remove(`${folder}/generation_config.json`);
  return await Model.load(folder, { device: await testDevice() });
}

Deno.test("generation_config.json: greedy texts are those of transformers, alone and in a batch", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    for (const { settings, ids: want } of recorded.greedy) {
      using model = await loadWith(folder, { max_new_tokens: 12, do_sample: false, ...settings });
      const generation = model.generate(prompt);
      assert.deepEqual([...await generation.ids()], want, JSON.stringify(settings));
      assert.equal(generation.finish, settings.eos_token_id ? "eos" : "length");
      const [batched] = await model.generateBatch([prompt]);
      assert.deepEqual([...batched.ids], want);
      if (want.length === 12) {
        assert.equal(
          (await model.generate(prompt, { maxTokens: 2 }).ids()).length,
          2,
          "an option outranks the file",
        );
      }
    }
  }));

Deno.test("generation_config.json: probabilities are those of transformers", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    for (const { settings, probabilities } of recorded.sampled) {
      using model = await loadWith(folder, { do_sample: true, ...settings });
      const last = (await model.logits(prompt)).subarray(9 * 64);
      const s = samplingSettings(model, {});
      const got = distribution(penalised(last, s.repetitionPenalty, prompt, []), s);
      const kept = [...got.keys()].filter((id) => got[id] > 0);
      assert.deepEqual(kept.map(String), Object.keys(probabilities), JSON.stringify(settings));
      for (const id of kept) {
        assert.ok(Math.abs(got[id] - probabilities[id]) < 1e-5, `${JSON.stringify(settings)} ${id}`);
      }
    }
  }));

Deno.test("generation_config.json: what the file does not say has this package's defaults, and 'own' leaves the file out", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    const settingsOf = async (file: Fields, defaults?: "own") => {
      using model = await loadWith(folder, file);
      const { temperature, topP, topK, repetitionPenalty, maxTokens } = samplingSettings(model, { defaults });
      return [temperature, topP, topK, repetitionPenalty, maxTokens];
    };
    const own = [0.8, 0.95, 0, 1, 256];
    assert.deepEqual(await settingsOf({}), own);
    assert.deepEqual(await settingsOf({ do_sample: false }), [0, 0.95, 0, 1, 256]);
    assert.deepEqual(await settingsOf({ do_sample: true }), [1, 1, 0, 1, 256]);
    const file = {
      do_sample: true,
      temperature: 0.6,
      top_p: 0.9,
      top_k: 7,
      repetition_penalty: 1.2,
      max_new_tokens: 9,
    };
    assert.deepEqual(await settingsOf(file), [0.6, 0.9, 7, 1.2, 9]);
    assert.deepEqual(await settingsOf({ ...file, num_beams: 4 }, "own"), own);
    using model = await loadWith(folder, { ...file, max_new_tokens: undefined, max_length: 10 });
    assert.equal(
      (await model.generate(prompt).ids()).length,
      1,
      "a prompt as long as max_length is continued by one",
    );
    using old = await loadWith(folder, undefined, { temperature: 0.5, max_length: 12, eos_token_id: 60 });
    assert.equal(samplingSettings(old, {}).temperature, 0.5, "older files have the settings in config.json");
    await old.save(`${folder}/again`);
    const saved = await json(`${folder}/again/generation_config.json`);
    assert.deepEqual(saved, { bos_token_id: 1, eos_token_id: 60, temperature: 0.5, max_length: 12 });
    assert.ok(!Object.hasOwn(await json(`${folder}/again/config.json`), "temperature"));
    await writeModel(folder);
  }));

/** Fields that this package does not compute, with a value in effect. */
const refused: Fields = {
  bad_words_ids: [[3]],
  begin_suppress_tokens: [3],
  constraints: [1],
  diversity_penalty: 0.5,
  dola_layers: "low",
  encoder_no_repeat_ngram_size: 2,
  encoder_repetition_penalty: 1.5,
  epsilon_cutoff: 3e-4,
  eta_cutoff: 3e-4,
  exponential_decay_length_penalty: [5, 1.1],
  force_words_ids: [[3]],
  forced_bos_token_id: 3,
  forced_eos_token_id: 3,
  guidance_scale: 1.5,
  max_time: 2,
  min_length: 3,
  min_new_tokens: 3,
  no_repeat_ngram_size: 2,
  num_beam_groups: 2,
  num_beams: 4,
  num_return_sequences: 2,
  penalty_alpha: 0.6,
  sequence_bias: [[[3], 2]],
  suppress_tokens: [26],
  token_healing: true,
  top_h: 0.4,
  typical_p: 0.3,
  watermarking_config: { bias: 2 },
};

Deno.test("generation_config.json: settings that are not computed are refused by name when a text is generated", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    for (const [name, value] of Object.entries(refused)) {
      using model = await loadWith(folder, { do_sample: false, max_new_tokens: 2, [name]: value });
      for (const run of [() => model.generate(prompt), () => model.generateBatch([prompt])]) {
        await assert.rejects(async () => await run(), (error: Error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, new RegExp(`has ${name}: .*defaults: "own"`));
          return true;
        });
      }
      assert.equal((await model.generate(prompt, { defaults: "own", maxTokens: 1 }).ids()).length, 1);
      await model.save(`${folder}/again`);
      assert.deepEqual((await json(`${folder}/again/generation_config.json`))[name], value);
    }
  }));

/** Fields that change no text of one prompt without beams. */
const harmless: Fields = {
  _from_model_config: true,
  assistant_confidence_threshold: 0.2,
  assistant_early_exit: 1,
  assistant_ensemble_weight: 0.5,
  assistant_lookbehind: 3,
  cache_config: {},
  cache_implementation: "static",
  compile_config: {},
  continuous_batching_config: {},
  decoder_start_token_id: 3,
  disable_compile: true,
  early_stopping: true,
  is_assistant: false,
  length_penalty: 2,
  low_memory: true,
  max_cache_len: 64,
  max_matching_ngram_size: 2,
  num_assistant_tokens: 3,
  num_assistant_tokens_schedule: "constant",
  output_attentions: true,
  output_hidden_states: true,
  output_logits: true,
  output_scores: true,
  pad_token_id: 5,
  prefill_chunk_size: 8,
  prompt_lookup_num_tokens: 2,
  remove_invalid_values: true,
  renormalize_logits: true,
  return_dict_in_generate: true,
  speculation_type: "x",
  target_lookbehind: 3,
  transformers_version: "5.0.0",
  use_cache: false,
  use_mtp: false,
  unknown_to_everyone: { a: [1] },
};

Deno.test("generation_config.json: other fields change no text, and every field survives load, save and load", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    const file = {
      do_sample: false,
      max_new_tokens: 12,
      bos_token_id: 7,
      eos_token_id: [63, 62],
      ...harmless,
    };
    using model = await loadWith(folder, file, {
      bos_token_id: 7,
      eos_token_id: 61,
      pad_token_id: 5,
      extra: "kept",
    });
    assert.deepEqual([...await model.generate(prompt).ids()], recorded.greedy[0].ids);
    await model.save(`${folder}/again`);
    using again = await Model.load(`${folder}/again`, { device: await testDevice() });
    await again.save(`${folder}/third`);
    for (const name of ["again", "third"]) {
      assert.deepEqual(await json(`${folder}/${name}/generation_config.json`), file);
      const config = await json(`${folder}/${name}/config.json`);
      assert.deepEqual([config.bos_token_id, config.eos_token_id, config.pad_token_id], [7, 61, 5]);
      assert.equal(config.extra, "kept");
    }
  }));

Deno.test("generation_config.json: every field of GenerationConfig is in one of the tables", () => {
  const settings = [...recorded.greedy, ...recorded.sampled].flatMap((one) => Object.keys(one.settings));
  const known = new Set([...settings, ...Object.keys(refused), ...Object.keys(harmless)]);
  const tested = ["bos_token_id", "do_sample", "stop_strings"]; // by tests of their own
  assert.deepEqual(
    recorded.fields.generation.filter((name) => !known.has(name) && !tested.includes(name)),
    [],
  );
});

Deno.test("generation_config.json: values of a wrong type are refused by name", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    for (
      const [name, value] of Object.entries({
        eos_token_id: "2",
        bos_token_id: 1.5,
        temperature: -1,
        top_k: "five",
        top_p: 2,
        repetition_penalty: 0,
        max_new_tokens: 0,
        stop_strings: [3],
      })
    ) {
      await assert.rejects(loadWith(folder, { [name]: value }), (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, new RegExp(`generation_config.json: ${name}`));
        return true;
      });
    }
    await assert.rejects(loadWith(folder, [] as unknown as Fields), FormatError);
  }));
