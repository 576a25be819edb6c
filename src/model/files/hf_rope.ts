/**
 * The rotary fields of a config.json, as transformers reads them: `rope_parameters` of newer files, `rope_theta` and
 * `rope_scaling` of older ones.
 *
 * @module
 */
import { z } from "zod";
import { type RopeScaling, yarnAttentionFactor } from "../architecture/rope_scaling.ts";

const positive = z.number().positive();

/** The fields of `rope_scaling` in older files, and of `rope_parameters` in newer ones, which hold the base as well. */
export const ropeFields = z.looseObject({
  rope_theta: positive.nullish(),
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  beta_fast: z.number().min(0).nullish(),
  beta_slow: z.number().min(0).nullish(),
  attention_factor: z.number().min(0).nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
});

type RopeFields = z.output<typeof ropeFields>;

/** The fields of a config.json that decide the rotation. */
export interface RopeSource {
  /** The base of older files. */
  rope_theta?: number | null;
  /** The scaling of older files. */
  rope_scaling?: RopeFields | null;
  /** Base and scaling of newer files; it outranks `rope_theta`. */
  rope_parameters?: RopeFields | null;
  /** The context that the model was first trained with; outside the scaling it outranks the one inside. */
  original_max_position_embeddings?: number | null;
  /** The longest text. */
  max_position_embeddings: number;
}

/** The rotation of a model. */
interface Rope {
  /** Base of the frequencies. */
  ropeTheta: number;
  /** Their stretching. */
  ropeScaling?: RopeScaling;
}

/** Called with the reason why a file is not accepted; never returns. */
export type Refuse = (reason: string) => never;

/** The fields that each kind of scaling reads; one that another kind would read is refused. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  default: [],
  linear: ["factor"],
  dynamic: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor"],
  yarn: ["factor", "beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate"],
};

/** Fields that change the rotation in some kind of scaling, here or in other families of models. */
const SCALING_FIELDS = [
  ...new Set(Object.values(KINDS).flat()),
  "alpha",
  "long_factor",
  "short_factor",
  "long_mscale",
  "short_mscale",
  "mrope_section",
  "mrope_interleaved",
];

/** Returns the rotation that a config.json describes. */
export function ropeOf(source: RopeSource, refuse: Refuse): Rope {
  const { rope_parameters: newer } = source;
  const older = source.rope_scaling && Object.keys(source.rope_scaling).length ? source.rope_scaling : null;
  const rope = rotationIn("rope_scaling", older ?? {}, source, refuse);
  if (!newer) return rope;
  const wins = rotationIn("rope_parameters", newer, source, refuse);
  if (older && JSON.stringify(wins) !== JSON.stringify(rope)) {
    refuse("rope_scaling and rope_parameters differ: remove the one that is wrong");
  }
  return wins;
}

function rotationIn(where: string, rope: RopeFields, source: RopeSource, refuse: Refuse): Rope {
  const ropeTheta = rope.rope_theta ?? source.rope_theta ?? 10000;
  const kind = rope.rope_type ?? rope.type ?? "default";
  if (!Object.hasOwn(KINDS, kind)) {
    const known = Object.keys(KINDS).map((name) => `"${name}"`).join(", ");
    refuse(`${where}: the rotary scaling is "${kind}", known are ${known}`);
  }
  if (rope.partial_rotary_factor && rope.partial_rotary_factor !== 1) {
    refuse(`${where}.partial_rotary_factor is ${rope.partial_rotary_factor}: whole heads are rotated here`);
  }
  for (const [name, value] of Object.entries(rope)) {
    const foreign = SCALING_FIELDS.includes(name) && !KINDS[kind].includes(name);
    if (foreign && value !== null && value !== undefined) {
      refuse(
        `${where}.${name} has no meaning for the rotary scaling "${kind}"; is ${where}.rope_type right?`,
      );
    }
    if (typeof value === "object" && value !== null) {
      refuse(`${where}.${name} is a rotation of its own for some layers, all must have the same`);
    }
  }
  if (kind === "default") return { ropeTheta };
  return { ropeTheta, ropeScaling: scalingIn(kind, where, rope, source, refuse) };
}

function scalingIn(
  kind: string,
  where: string,
  rope: RopeFields,
  source: RopeSource,
  refuse: Refuse,
): RopeScaling {
  const context = source.max_position_embeddings;
  const originalContext = source.original_max_position_embeddings ?? rope.original_max_position_embeddings ??
    context;
  const ratio = kind === "yarn" && rope.factor === null ? context / originalContext : undefined;
  const factor = rope.factor ?? ratio ?? refuse(`${where}.factor is missing, "${kind}" needs it`);
  if (kind === "linear") return { type: "linear", factor };
  if (kind === "dynamic") return { type: "dynamic", factor, originalContext: context };
  if (kind === "yarn") return yarnIn(rope, factor, originalContext);
  const { low_freq_factor: low, high_freq_factor: high } = rope;
  if (!low || !high || low >= high) {
    return refuse(`${where} needs low_freq_factor below high_freq_factor, they are ${low} and ${high}`);
  }
  return { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext };
}

function yarnIn(rope: RopeFields, factor: number, originalContext: number): RopeScaling {
  const { mscale, mscale_all_dim: all } = rope;
  const ratio = mscale && all
    ? yarnAttentionFactor(factor, mscale) / yarnAttentionFactor(factor, all)
    : yarnAttentionFactor(factor);
  return {
    type: "yarn",
    factor,
    originalContext,
    betaFast: rope.beta_fast || 32,
    betaSlow: rope.beta_slow || 1,
    attentionFactor: rope.attention_factor ?? ratio,
    truncate: rope.truncate ?? true,
  };
}

/** Returns the fields that transformers 4 and 5 both read to the same rotation. */
export function ropeFieldsOf({ ropeTheta, ropeScaling: s }: Rope): Record<string, unknown> {
  return { rope_theta: ropeTheta, rope_scaling: s ? scalingFields(s) : null };
}

function scalingFields(s: RopeScaling): Record<string, unknown> {
  const kind = { rope_type: s.type ?? "llama3", factor: s.factor };
  switch (s.type) {
    case "linear":
    case "dynamic":
      return kind;
    case "yarn":
      return {
        ...kind,
        original_max_position_embeddings: s.originalContext,
        beta_fast: s.betaFast ?? 32,
        beta_slow: s.betaSlow ?? 1,
        attention_factor: s.attentionFactor ?? yarnAttentionFactor(s.factor),
        truncate: s.truncate ?? true,
      };
    default:
      return {
        ...kind,
        low_freq_factor: s.lowFrequencyFactor,
        high_freq_factor: s.highFrequencyFactor,
        original_max_position_embeddings: s.originalContext,
      };
  }
}
