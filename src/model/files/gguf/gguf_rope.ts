/**
 * The rotation of a model in a GGUF file: `llama.rope.*`, and the tensor `rope_freqs.weight` of divisors.
 *
 * llama.cpp divides the frequencies by the tensor and by `rope.scaling.factor` (type `linear`, which a missing type means
 * too), or blends them by YaRN's rule with beta_fast 32 and beta_slow 1, whatever else the file says. It multiplies
 * cosines and sines by `rope.scaling.attn_factor` for every type.
 *
 * @module
 */
import { show } from "../../../base/schema.ts";
import type { OpenGguf } from "../../../formats/gguf/gguf_parts.ts";
import type { WrittenValue } from "../../../formats/gguf/writer.ts";
import {
  attentionFactorOf,
  frequencyDivisors,
  type RopeScaling,
  scalingOf,
  yarnAttentionFactor,
} from "../../architecture/rope_scaling.ts";
import type { ModelConfig } from "../../architecture/config.ts";
import { decimal, type GgufFields } from "./gguf_fields.ts";
import { ROPE_FREQS } from "./names.ts";
import { headDim } from "../../architecture/shard.ts";

type Yarn = Extract<RopeScaling, { type: "yarn" }>;
type Rope = Pick<ModelConfig, "ropeTheta" | "ropeScaling">;

/**
 * Returns the rotation of a file.
 *
 * @throws {FormatError} naming a value or tensor that is not computed here
 */
export async function ropeFromGguf(
  file: OpenGguf,
  fields: GgufFields,
  { headDim, context }: { headDim: number; context: number },
): Promise<Rope> {
  const ropeTheta = decimal(fields.number("rope.freq_base", 10000));
  const type = fields.get("rope.scaling.type") ?? "linear";
  const stated = ["rope.scaling.factor", "rope.scale_linear"].find((name) => fields.get(name) !== undefined);
  const factor = stated && fields.get(stated) !== 0 ? decimal(fields.number(stated)) : 1;
  const attention = decimal(fields.number("rope.scaling.attn_factor", 1));
  const divisors = await divisorsOf(file, fields, headDim);
  if (type !== "none" && type !== "linear" && type !== "yarn") {
    fields.refuse(`llama.rope.scaling.type is ${show(type)}, "none", "linear" or "yarn" is needed`);
  }
  const scales = type === "yarn" || type === "linear" && factor !== 1;
  if (scales && divisors) {
    fields.refuse(`both llama.rope.scaling.factor and ${ROPE_FREQS} scale the frequencies`);
  }
  if (type === "yarn") {
    const originalContext = fields.count("rope.scaling.original_context_length", context);
    const attentionFactor = decimal(Math.fround(attention * yarnAttentionFactor(factor)));
    const more = attention === 1 ? {} : { attentionFactor };
    return { ropeTheta, ropeScaling: { type, factor, originalContext, ...more } };
  }
  const unusual = divisors && yarnBehind(fields, divisors, headDim, ropeTheta, attention);
  if (unusual) return { ropeTheta, ropeScaling: unusual };
  if (attention !== 1) {
    fields.refuse(`llama.rope.scaling.attn_factor is ${attention}, for the type ${show(type)} 1 is needed`);
  }
  if (scales) return { ropeTheta, ropeScaling: { type: "linear", factor } };
  if (!divisors) return { ropeTheta };
  const ropeScaling = scalingOf(divisors, ropeTheta);
  return ropeScaling
    ? { ropeTheta, ropeScaling }
    : fields.refuse(`${ROPE_FREQS} is not Llama 3's rotary scaling`);
}

/** Returns the divisors of the frequencies; undefined where there are none or all are 1. */
async function divisorsOf(
  file: OpenGguf,
  fields: GgufFields,
  headDim: number,
): Promise<Float32Array | undefined> {
  const shape = file.tensors.get(ROPE_FREQS)?.shape;
  if (!shape) return undefined;
  if (shape.join() !== String(headDim / 2)) {
    fields.refuse(`${ROPE_FREQS} is [${shape.join(", ")}], not [${headDim / 2}]`);
  }
  const divisors = await file.matrix(ROPE_FREQS).read(0, 1);
  return divisors.every((d) => d === 1) ? undefined : divisors;
}

/** Returns the YaRN scaling that {@linkcode ropeValues} wrote as divisors; undefined for divisors of another origin. */
function yarnBehind(
  fields: GgufFields,
  divisors: Float32Array,
  headDim: number,
  theta: number,
  attentionFactor: number,
): Yarn | undefined {
  const get = (name: string) => fields.get(`rope.scaling.${name}`);
  const [factor, originalContext] = [get("factor"), get("original_context_length")];
  const [betaFast, betaSlow] = [get("yarn_beta_fast"), get("yarn_beta_slow")];
  const numbers = [factor, originalContext, betaFast, betaSlow];
  if (!numbers.every((value) => typeof value === "number" && value > 0)) return undefined;
  const [f, original, fast, slow] = (numbers as number[]).map(decimal);
  for (const truncate of [true, false]) {
    const yarn: Yarn = {
      ...{ type: "yarn", factor: f, originalContext: original, betaFast: fast, betaSlow: slow },
      attentionFactor,
      truncate,
    };
    const rebuilt = frequencyDivisors(yarn, headDim, theta);
    if (rebuilt.every((d, i) => Math.abs(d / divisors[i] - 1) < 1e-5)) return yarn;
  }
}

/**
 * Returns the values for a model's rotation, and the divisors for the tensor {@linkcode ROPE_FREQS} where it needs one:
 * for Llama 3's scaling, and for a YaRN whose settings llama.cpp does not read.
 */
export function ropeValues(
  config: ModelConfig,
): { values: Map<string, WrittenValue>; divisors?: Float32Array<ArrayBuffer> } {
  const { ropeTheta, ropeScaling: scaling } = config;
  const values = new Map<string, WrittenValue>();
  const set = (name: string, value: number | string) => {
    const type = typeof value === "string" ? "string" : name.endsWith("_length") ? "u32" : "f32";
    values.set(`llama.rope.${name}`, { type, value } as WrittenValue);
  };
  set("freq_base", ropeTheta);
  const divisors = (s: RopeScaling) => Float32Array.from(frequencyDivisors(s, headDim(config), ropeTheta));
  switch (scaling?.type) {
    case undefined:
      return { values, ...(scaling && { divisors: divisors(scaling) }) };
    case "dynamic": // nothing changes within the context that the file states
      return { values };
    case "linear":
      set("scaling.type", "linear");
      set("scaling.factor", scaling.factor);
      return { values };
    case "llama3":
      return { values, divisors: divisors(scaling) };
    case "yarn": {
      const { factor, originalContext, betaFast = 32, betaSlow = 1, truncate = true } = scaling;
      const usual = betaFast === 32 && betaSlow === 1 && truncate;
      const attention = attentionFactorOf(scaling);
      set("scaling.type", usual ? "yarn" : "none");
      set("scaling.factor", factor);
      set("scaling.original_context_length", originalContext);
      set("scaling.attn_factor", usual ? attention / yarnAttentionFactor(factor) : attention);
      if (usual) return { values };
      set("scaling.yarn_beta_fast", betaFast);
      set("scaling.yarn_beta_slow", betaSlow);
      return { values, divisors: divisors(scaling) };
    }
  }
}
