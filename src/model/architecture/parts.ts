/**
 * The parts of a model that a run can change: norm, activation, position, or the whole forward pass.
 *
 * A configuration has parts only where one of them is not the paper's, so that a model of the paper's parts is described, and
 * computed, as one that was made without the option.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema } from "../../base/schema.ts";
import type { ChosenParts, ModelParts, OwnActivation, OwnForward } from "./model_config.ts";

/** Parts as options give them: some or all, with or without a forward pass of one's own. */
type GivenParts = ModelParts | OwnForward | ChosenParts;

/** The parts of a configuration, if it has some. */
interface WithParts {
  readonly parts?: ChosenParts;
}

/** The activations that the package has. */
const activations = ["swiglu", "relu", "gelu"] as const;

const wantedActivation =
  'expected "swiglu", "relu", "gelu", or one of your own: { name, forward: (r, x) => y }';

/** Checks of the option `parts`. */
export const partsSchema: z.ZodType<GivenParts, GivenParts> = optionsSchema<
  ModelParts & Partial<Pick<OwnForward, "name" | "forward">>
>("ModelParts")(
  z.strictObject({
    norm: z.enum(["rms", "layer"]).optional(),
    activation: z.custom<ModelParts["activation"]>(isActivation, wantedActivation).optional(),
    position: z.enum(["rope", "learned", "none"]).optional(),
    name: z.string().min(1).optional(),
    forward: z.custom<OwnForward["forward"]>(
      (value) => typeof value === "function",
      "expected a function (r, weights, input, config) => x",
    ).optional(),
  }),
) as z.ZodType<GivenParts, GivenParts>;

function isActivation(value: unknown): boolean {
  if (activations.some((name) => name === value)) return true;
  const { name, forward, ...rest } = (value ?? {}) as Partial<OwnActivation>;
  return typeof name === "string" && name !== "" && typeof forward === "function" &&
    Object.keys(rest).length === 0;
}

/**
 * Fills in the paper's parts where others are not given; undefined where all are the paper's.
 *
 * @throws {ConfigError} for a forward pass without a name or a name without one, and for a name that an activation of the
 * package has
 */
export function resolveParts(parts: GivenParts | undefined): ChosenParts | undefined {
  if (!parts) return undefined;
  const { norm = "rms", activation = "swiglu", position = "rope", ...own } = parts as Partial<OwnForward>;
  if ((own.name === undefined) !== (own.forward === undefined)) {
    const missing = own.name === undefined ? "name" : "forward";
    throw new ConfigError(
      `Cannot use Model.parts: a forward pass of your own has a name and a function, ${missing} is missing. ` +
        "Give { name, forward: (r, weights, input, config) => x }",
      { path: `Model.parts.${missing}` },
    );
  }
  if (typeof activation === "object" && activations.some((name) => name === activation.name)) {
    throw new ConfigError(
      `Cannot use Model.parts.activation: "${activation.name}" is the name of an activation of this package, choose another one`,
      { path: "Model.parts.activation.name", value: activation.name },
    );
  }
  const isPaper = norm === "rms" && activation === "swiglu" && position === "rope" && !own.forward;
  return isPaper ? undefined : { norm, activation, position, ...own };
}

/** Returns true where the feed-forward block has a gate, and with it three matrices in place of two. */
export function isGated({ parts }: WithParts): boolean {
  return (parts?.activation ?? "swiglu") === "swiglu";
}

/** Returns true where norms have a bias beside their weight. */
export function hasBias({ parts }: WithParts): boolean {
  return parts?.norm === "layer";
}

/** Returns the source of the order of tokens. */
export function positionOf({ parts }: WithParts): ChosenParts["position"] {
  return parts?.position ?? "rope";
}

/** Returns the activation's name, as tables show it. */
export function activationName({ parts }: WithParts): string {
  const activation = parts?.activation ?? "swiglu";
  if (typeof activation === "object") return activation.name;
  return { swiglu: "SwiGLU", relu: "ReLU", gelu: "GELU" }[activation];
}

/** Names the parts that are the user's own, such as `activation "cubed"`. */
export function ownParts({ parts }: WithParts): string[] {
  return [
    ...typeof parts?.activation === "object" ? [`activation "${parts.activation.name}"`] : [],
    ...parts?.name !== undefined ? [`forward "${parts.name}"`] : [],
  ];
}

/** Names the parts that are not the paper's, such as `norm "layer"`. */
export function changedParts(config: WithParts): string[] {
  const { norm, activation, position } = config.parts ?? {};
  return [
    ...norm === "layer" ? ['norm "layer"'] : [],
    ...typeof activation === "string" && activation !== "swiglu" ? [`activation "${activation}"`] : [],
    ...position !== undefined && position !== "rope" ? [`position "${position}"`] : [],
    ...ownParts(config),
  ];
}

/**
 * Gives the parts of a file the functions of those that are the user's own.
 *
 * @param given the option `parts` of the call that loads; it may name every part of the file, and must hold its own ones
 * @throws {ConfigError} for an own part that is not given, and for a part that is not the file's
 */
export function joinParts(
  stored: ChosenParts | undefined,
  given: GivenParts | undefined,
  file: string,
): ChosenParts | undefined {
  const wanted = resolveParts(given);
  const named = (parts: ChosenParts | undefined, key: keyof ModelParts | "name") => {
    const part = parts?.[key];
    return JSON.stringify(part) ?? "none";
  };
  const paper: ChosenParts = { norm: "rms", activation: "swiglu", position: "rope" };
  const held = stored ?? paper;
  for (const key of ["norm", "activation", "position", "name"] as const) {
    if (given === undefined || !(key in given) || named(wanted ?? paper, key) === named(held, key)) continue;
    throw new ConfigError(
      `${file}: Cannot use Model.load.parts.${key}: the model was made with ${named(held, key)}, given is ${
        named(wanted ?? paper, key)
      }. Loading changes no part: leave it out`,
      { path: `Model.load.parts.${key}` },
    );
  }
  const activation = typeof held.activation === "object" ? wanted?.activation : held.activation;
  const missing = [
    ...typeof held.activation === "object" && typeof activation !== "object"
      ? [`activation: { name: "${held.activation.name}", forward }`]
      : [],
    ...held.name !== undefined && !wanted?.forward ? [`name: "${held.name}", forward`] : [],
  ];
  if (missing.length > 0) {
    throw new ConfigError(
      `${file}: Cannot load the model: its ${
        ownParts({ parts: held }).join(" and ")
      } is not of this package, and a file ` +
        `holds no functions. Give it again: Model.load(path, { parts: { ${missing.join(", ")} } })`,
      { path: "Model.load.parts" },
    );
  }
  if (!stored) return undefined;
  const forward = wanted?.forward;
  return { ...stored, activation: activation ?? stored.activation, ...(forward && { forward }) };
}

/**
 * Refuses parts of the user's own where several processes hold a model together: a function may read a whole row of the
 * feed-forward width, of which each process has a part.
 *
 * @param path the option that gave the number of processes, for errors
 * @throws {ConfigError} naming the part
 */
export function checkUncut(config: WithParts, of: number, path: string): void {
  const own = ownParts(config);
  if (of === 1 || own.length === 0) return;
  throw new ConfigError(
    `Cannot use ${path}: ${
      own.join(" and ")
    } of the model is your own, and ${of} processes would each have a part of its ` +
      "input. Let every process hold the whole model: model: 1",
    { path, value: of },
  );
}
