/**
 * Parts of the user's own while they are recorded: what they give is checked, and what they throw is told as the error of the
 * option that holds them.
 *
 * @module
 */
import { ConfigError, LlameroError } from "../../base/errors.ts";
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import type { LlamaInput } from "./llama_input.ts";
import type { LlamaWeights } from "./llama_weights.ts";
import type { ChosenParts, ModelConfig, OwnActivation, OwnForward } from "./model_config.ts";

/**
 * Records an activation of the user's own on `x` [R, F].
 *
 * @throws {ConfigError} for one that throws or is not there, that gives a tensor of another shape or number format, or, in
 * the backward pass, that leaves no gradient
 */
export function ownActivation(
  r: Recorder,
  x: Tensor,
  { name, forward }: Exclude<ChosenParts["activation"], string>,
): Tensor {
  const path = "Model.parts.activation";
  const part = `activation "${name}"`;
  r.onBackward(() => requireGradient(x, path, part)); // on the tape before the part's own: it runs behind them
  const y = recorded(path, part, () => requireFunction<OwnActivation>(path, part, forward)(r, x));
  requireShape(path, part, y, x.shape, x.dtype);
  return y;
}

/**
 * Records a forward pass of the user's own.
 *
 * @throws {ConfigError} for one that throws, that gives a tensor of another shape or number format, whose attention leaves
 * out the cache of a generation, or that shows an inspection nothing
 */
export function ownForward(
  r: Recorder,
  weights: LlamaWeights,
  input: LlamaInput,
  config: ModelConfig,
  forward: OwnForward["forward"],
): Tensor {
  const { parts: { name, forward: _own, ...parts } = {}, ...shape } = config;
  const path = "Model.parts.forward";
  const part = `forward "${name}"`;
  const first = r.calls.length;
  const inner = { ...shape, parts: parts as ChosenParts }; // without it, so that it can call llama
  const watched = new Set<string>();
  const watch: LlamaInput["watch"] = input.watch && ((layer, place, tensor) => {
    watched.add(`${place} of layer ${layer}`);
    input.watch!(layer, place, tensor);
  });
  const x = recorded(path, part, () => forward(r, weights, { ...input, watch }, inner));
  const { dtype, cols } = weights.embedding;
  requireShape(path, part, x, [input.tokens.ids.size, cols], dtype === "f16" && r.device.f16 ? "f16" : "f32");
  requireCache(r, first, input, path, part);
  if (watch) requireWatched(watched, weights.layers.length, path, part);
  return x;
}

function requireFunction<Part extends { forward: unknown }>(
  path: string,
  part: string,
  forward: Part["forward"] | undefined,
): Part["forward"] {
  if (forward) return forward;
  throw new ConfigError(`Cannot use ${path}: ${part} is only a name, give its function: { name, forward }`, {
    path,
  });
}

function recorded(path: string, part: string, record: () => unknown): unknown {
  try {
    return record();
  } catch (cause) {
    if (cause instanceof LlameroError) throw cause;
    throw new ConfigError(
      `Cannot use ${path}: ${part} threw ${cause instanceof Error ? `"${cause.message}"` : String(cause)}`,
      { path, cause },
    );
  }
}

/** Refuses a result that is not a tensor of a shape and a number format. */
function requireShape(
  path: string,
  part: string,
  y: unknown,
  shape: readonly number[],
  dtype: Tensor["dtype"],
): asserts y is Tensor {
  const { shape: found, dtype: format } = (y ?? {}) as Partial<Tensor>;
  const refuse = (given: string, remedy: string) => {
    throw new ConfigError(
      `Cannot use ${path}: ${part} must return a tensor [${
        shape.join(", ")
      }] in ${dtype}, it returned ${given}. ${remedy}`,
      { path },
    );
  };
  if (!found) refuse(y === undefined ? "nothing" : typeof y, "Return what the last op gives");
  else if (found.join() !== shape.join()) {
    refuse(`[${found.join(", ")}]`, "Give it the shape of its input: r.tensor(name, x.shape, x.dtype)");
  } else if (format !== dtype) {
    refuse(`one in ${format}`, "Give it the number format of its input: r.tensor(name, x.shape, x.dtype)");
  }
}

/** Refuses attention that reads only the new rows while there is a cache of earlier ones. */
function requireCache(r: Recorder, first: number, input: LlamaInput, path: string, part: string): void {
  const { cache, spans } = input;
  if (!cache) return;
  const caches = new Set(cache.layers.map(({ storage }) => storage));
  for (const call of r.calls.slice(first)) {
    const { kv } = call.args; // the keys and values of an attention
    if (call.args.spans !== spans || !kv || caches.has(kv.storage)) continue;
    throw new ConfigError(
      `Cannot generate with ${path}: the attention of ${part} does not read input.cache, so that it would see no earlier ` +
        "token. Use attend() of @llamero/sdk/model, or cacheRows() of @llamero/sdk/ops as it does",
      { path },
    );
  }
}

/** Refuses an activation whose backward pass gives its input no gradient. */
function requireGradient(x: Tensor, path: string, part: string): void {
  if (x.grad) return;
  throw new ConfigError(
    `Cannot train with ${path}: ${part} leaves no gradient of its input. Put its backward pass on the tape: ` +
      "r.onBackward(() => { ...; r.grad(x, dx); })",
    { path },
  );
}

/** Refuses an inspection of a forward pass that does not show the inside of every layer. */
function requireWatched(watched: ReadonlySet<string>, layers: number, path: string, part: string): void {
  for (let layer = 0; layer < layers; layer++) {
    const missing = ["qkv", "residual"].map((place) => `${place} of layer ${layer}`)
      .find((name) => !watched.has(name));
    if (!missing) continue;
    throw new ConfigError(
      `Cannot inspect with ${path}: ${part} shows no ${missing}. Use block() of @llamero/sdk/model, or call ` +
        "input.watch?.(layer, place, tensor) as it does",
      { path },
    );
  }
}
