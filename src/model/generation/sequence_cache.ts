/**
 * The keys and values of one sequence, kept for what follows, and the programs that add to them: one for each number of
 * positions at a time, recorded when it is first needed.
 *
 * @module
 */
import { type Program, Recorder, Tensor } from "../../gpu/mod.ts";
import { Batch } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import type { ModelState } from "../model_state.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";

/** A program, the batch that it reads and the tensors that it gives. */
export interface CachedProgram<Outputs> {
  /** One sequence of some positions. */
  batch: Batch;
  /** The program. */
  program: Program;
  /** What can be read afterwards. */
  outputs: Outputs;
}

/** What is made of the last activations [positions, D]: the tensors to read afterwards. */
type OutputStage<Outputs> = (r: Recorder, x: Tensor, weights: LlamaWeights, batch: Batch) => Outputs;

/** A cache and its programs. */
export class CachedSequence<Outputs extends Record<string, Tensor>> {
  /** [keys, 2 KV E] for each layer. */
  readonly layers: Tensor[];
  readonly #model: ModelState;
  readonly #owner: string;
  readonly #finish: OutputStage<Outputs>;
  readonly #programs = new Map<number, CachedProgram<Outputs>>();

  /** Allocates `keys` places; `purpose` names the memory. */
  constructor(model: ModelState, purpose: string, keys: number, finish: OutputStage<Outputs>) {
    const { dim, heads, kvHeads, layers } = model.config;
    const cols = 2 * kvHeads * dim / heads;
    this.#model = model;
    this.#owner = `${model.name}: ${purpose}`;
    this.#finish = finish;
    this.layers = Array.from({ length: layers }, (_, l) => {
      const name = `cache ${l}`;
      const bytes = keys * cols * 4;
      const buffer = model.device.buffer(`${this.#owner} ${name}`, bytes);
      return new Tensor(name, [keys, cols], "f32", { name, bytes, buffer, offset: 0 });
    });
  }

  /** The program that puts `length` positions through. */
  async program(length: number): Promise<CachedProgram<Outputs>> {
    const known = this.#programs.get(length);
    if (known) return known;
    const { device, config, layout, angles } = this.#model;
    const weights = layout.views(this.#model);
    const batch = new Batch(device, this.#owner, 1, length, config.vocabSize);
    const r = new Recorder(device, "all", false);
    const { tokens, positions, spans } = batch;
    const cache = { layers: this.layers, slots: positions };
    const x = llama(r, weights, { tokens, positions, spans, angles, batch: 1, cache }, config);
    const outputs = this.#finish(r, x, weights, batch);
    const made = { batch, outputs, program: await r.compile(this.#owner, Object.values(outputs)) };
    this.#programs.set(length, made);
    this.#model.program = made.program;
    return made;
  }

  /** Gives cache and programs back. */
  dispose(): void {
    for (const { batch, program } of this.#programs.values()) {
      batch.dispose();
      program.dispose();
    }
    this.#programs.clear();
    for (const layer of this.layers.splice(0)) this.#model.device.free(layer.range().buffer);
  }
}
