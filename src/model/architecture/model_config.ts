/**
 * The shape of a model and its parts, as types.
 *
 * @module
 */
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import type { LlamaInput } from "./llama_input.ts";
import type { LlamaWeights } from "./llama_weights.ts";
import type { RopeScaling } from "./rope_scaling.ts";

/** An activation of your own, for a feed-forward block of two matrices: W2 f(W1 n). */
export interface OwnActivation {
  /** Its name, by which checkpoints know it. */
  name: string;
  /**
   * Records f on `x` [R, F] and returns a tensor of the same shape and number format. The backward pass comes from the tape:
   * that of the ops which it is made of, or its own `r.onBackward`.
   */
  forward: (r: Recorder, x: Tensor) => Tensor;
}

/** The three parts that the paper's section 2.2 changed, each against what it replaced. */
export interface ModelParts {
  /** In front of attention, feed-forward block and output: `rms`, or `layer` with a weight and a bias (default "rms" [paper 2.2]). */
  norm?: "rms" | "layer";
  /**
   * The feed-forward block: `swiglu` has a gate and three matrices; `relu`, `gelu` (the exact one, by erf) and an activation
   * of your own have two, and a width of 4 dim unless `hidden` is given (default "swiglu" [paper 2.2]).
   */
  activation?: "swiglu" | "relu" | "gelu" | OwnActivation;
  /**
   * The order of tokens: `rope` rotates queries and keys, `learned` adds a table [context, dim] to the embeddings, `none`
   * leaves it to the causal mask (default "rope" [paper 2.2]).
   */
  position?: "rope" | "learned" | "none";
}

/** A forward pass of your own, from ops and from the parts of {@linkcode llama}; its gradients come from the tape. */
export interface OwnForward extends ModelParts {
  /** Its name, by which checkpoints know it. */
  name: string;
  /**
   * Records the model up to its last norm and returns [R, D], as `llama` does. The weights are those of the other parts.
   * `config` is that of a model without a forward pass of its own, so that `llama(r, weights, input, config)` can be called.
   */
  forward: (r: Recorder, weights: LlamaWeights, input: LlamaInput, config: ModelConfig) => Tensor;
}

/** The parts of a model: all three, and the name and the function of a forward pass of its own. */
export interface ChosenParts extends Partial<Pick<OwnForward, "name" | "forward">> {
  /** As in {@linkcode ModelParts}. */
  norm: "rms" | "layer";
  /** As in {@linkcode ModelParts}; in JSON an activation of your own is its name. */
  activation: "swiglu" | "relu" | "gelu" | { name: string; forward?: OwnActivation["forward"] };
  /** As in {@linkcode ModelParts}. */
  position: "rope" | "learned" | "none";
}

/** The shape of a model. */
export interface ModelConfig {
  /** Width of the residual stream, D. */
  dim: number;
  /** Transformer blocks. */
  layers: number;
  /** Query heads, H; `dim` is a multiple of it. */
  heads: number;
  /** Key and value heads; `heads` is a multiple of it. Equal to `heads` in the paper. */
  kvHeads: number;
  /** Width of the feed-forward block, F. */
  hidden: number;
  /** Token ids, V. */
  vocabSize: number;
  /** Longest sequence, T. */
  context: number;
  /** Added to the mean square in RMSNorm. */
  normEps: number;
  /** Base of the rotary frequencies. */
  ropeTheta: number;
  /** The stretching of the rotary frequencies; undefined leaves them as they are. */
  ropeScaling?: RopeScaling;
  /** True when the output matrix is the embedding table. */
  tieEmbeddings: boolean;
  /** The parts, where one of them is not the paper's; undefined where all are. */
  parts?: ChosenParts;
}

/** The shape of a model as users give it; fields that are left out follow the paper. */
export interface ModelShape {
  /** Width of the residual stream. */
  dim: number;
  /** Transformer blocks. */
  layers: number;
  /** Query heads. */
  heads: number;
  /** Key and value heads (default: `heads` [paper 2.2]). */
  kvHeads?: number;
  /**
   * Width of the feed-forward block (default: 8/3 dim [paper 2.2], rounded up to a multiple of 64, of 256 from dim 4096 on;
   * 4 dim for an activation without a gate, which has two matrices in place of three).
   */
  hidden?: number;
  /** Token ids (default: the tokenizer's, else 32,000). */
  vocabSize?: number;
  /** Longest sequence (default 2,048 [LLaMA's release]). */
  context?: number;
  /** Added to the mean square in RMSNorm (default 1e-6 [LLaMA's release]). */
  normEps?: number;
  /** Base of the rotary frequencies (default 10,000 [LLaMA's release]). */
  ropeTheta?: number;
  /** Stretches the rotary frequencies as Llama 3 does, linearly, or as YaRN does (default: leave them). */
  ropeScaling?: RopeScaling;
  /** Uses the embedding table as the output matrix (default false [LLaMA's release]). */
  tieEmbeddings?: boolean;
  /** Parts in place of the paper's, as the `parts` of `Model.create`, which come first (default: the paper's). */
  parts?: ModelParts | OwnForward | ChosenParts;
}
