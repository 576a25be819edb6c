/**
 * Numbers of transformers for changed fields of a config.json and a generation_config.json, recorded by
 * tests/reference/config_fields.py, and the model for which it does.
 *
 * @module
 */
import { Model } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { testDevice } from "../../support/device.ts";

/** The recorded numbers. */
interface Recorded {
  /** The config.json that is changed. */
  base: Record<string, unknown>;
  /** Names of all fields that transformers knows. */
  fields: { llama: string[]; generation: string[] };
  /** Changes, and 16 logits after the last of `ids`. */
  cases: { change: Record<string, unknown>; logits: number[] }[];
  /** Settings, and the ids that greedy decoding writes after the first 10 of `ids`. */
  greedy: { settings: Record<string, unknown>; ids: number[] }[];
  /** Settings, and the probabilities above 0 of the next token. */
  sampled: { settings: Record<string, unknown>; probabilities: Record<string, number> }[];
}

/** The recorded numbers. */
export const recorded: Recorded = JSON.parse(
  Deno.readTextFileSync(new URL("../../reference/config_fields.json", import.meta.url)),
);

/** The ids that the model reads. */
export const ids = Uint32Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 64);

const shape = { dim: 32, layers: 2, heads: 2, kvHeads: 1, hidden: 48, vocabSize: 64 };

/** Writes the model of config_fields.py: the weights follow from a formula. */
export async function writeModel(folder: string, tieEmbeddings = false): Promise<void> {
  using model = await Model.create({ ...shape, tieEmbeddings }, { context: 64, device: await testDevice() });
  const { parameters } = stateOf(model).layout;
  const names = parameters.map(({ name }) => name).sort();
  model.setParameters(
    new Map(parameters.map(({ name, shape }) => {
      const seed = (names.indexOf(name) + 1) * 10007;
      const count = shape.reduce((a, b) => a * b, 1);
      const numbers = Float32Array.from({ length: count }, (_, n) => {
        const x = ((n * 7919 + seed) % 2003 - 1001) / 1001;
        return shape.length === 1 ? 1 + 0.3 * x : 0.5 * x;
      });
      return [name, numbers];
    })),
  );
  await model.save(folder);
}
