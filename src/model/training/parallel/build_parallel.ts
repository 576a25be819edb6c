/**
 * The build of a training step of several ranks: what each of them holds, and the programs that update it.
 *
 * @module
 */
import { ConfigError } from "../../../base/errors.ts";
import type { Group, Ranks } from "../../../base/exchange.ts";
import { type Program, Recorder, type Tensor } from "../../../gpu/mod.ts";
import { adamw, finishParts, normPart, normParts, normPartsOf } from "../../../ops/mod.ts";
import type { ModelState } from "../../model_state.ts";
import { alignPieces, type FlatPiece, flatPieces, recordRounding } from "../../weights/divided_weights.ts";
import { OwnedArena } from "../../weights/owned_arena.ts";
import {
  type Bucket,
  bucketsOf,
  defaultBucketSize,
  type ElementRange,
  type RankPlace,
} from "../../weights/owned_ranges.ts";
import {
  type AdamMoment,
  arenaRemedy,
  buildMicroBatch,
  buildTrainable,
  checkShared,
  type MicroBatchParts,
  ownerOf,
  smallTensor,
  type TrainingStepOptions,
} from "../build_step.ts";
import { requireStepRoom } from "../step_room.ts";
import type { TrainedWeights } from "../trainable.ts";

/** The ranks of a training step and how they share the work. */
export interface ParallelOptions {
  /** The processes that train and use the model together. */
  ranks: Ranks;
  /** Parts of a batch whose gradients are summed apart and then added in order; the data ranks divide them evenly. */
  lanes: number;
  /** 1 divides moments and updates over the data ranks, 0 keeps all of them on each (default 1). */
  zero?: 0 | 1;
  /** False to wait for each exchange of gradients (default true). */
  overlap?: boolean;
  /** Elements of a bucket (default 2^24, 64 MiB); for tests. */
  bucketSize?: number;
}

/** The tensors and the programs of a step of several ranks. */
export interface ParallelParts extends MicroBatchParts {
  /** The buckets of the arena. */
  readonly buckets: readonly Bucket[];
  /** Elements that are updated here. */
  readonly held: readonly ElementRange[];
  /** Both moments of those. */
  readonly moments: Readonly<Record<AdamMoment, OwnedArena>>;
  /** First element of the arena that all model ranks hold alike; the end of the arena where there is one model rank. */
  readonly replicated: number;
  /** Turns the sums of the backward pass into gradients; undefined where they are. */
  readonly collect?: Program;
  /** Measures the parts of the norm of `held`, in order; undefined for a rank that holds nothing. */
  readonly norms?: Program;
  /** [n] the parts of `held`. */
  readonly ownParts: Tensor;
  /** [n] the parts of the whole model. */
  readonly parts: Tensor;
  /** Clips, updates `held`, and writes a record to the ring. */
  readonly update: Program;
  /** Brings the model up to weights that were gathered; undefined where nothing is left to do. */
  readonly sync?: Program;
  /** Elements of the weights that are gathered, as flat tensors; undefined where each rank updates all. */
  readonly gathered?: { flat: (start: number, size: number) => Tensor[]; bytes: 2 | 4 };
  /** The own part of the weights in f32, for models of halves whose weights are divided. */
  readonly master?: OwnedArena;
  /** Keeps the weights in f32 that the step made for itself. */
  markChanged(): void;
  /** Frees all of the above. */
  readonly owned: DisposableStack;
}

/** The weights that a step updates. */
interface Updated {
  trainable: TrainedWeights;
  /** The elements of a range in f32, as far as they are updated here. */
  pieces: (range: ElementRange) => FlatPiece[];
  gathered?: ParallelParts["gathered"];
  master?: OwnedArena;
  /** True where {@linkcode TrainedWeights.syncToModel} works on own weights, before they are gathered. */
  syncsOwn: boolean;
  markChanged(): void;
}

/**
 * Allocates what a rank holds and compiles its programs; sends nothing. The moments start at zero.
 *
 * @throws {ConfigError} for lanes that the data ranks cannot share evenly
 * @throws {DeviceError} when it does not fit the device; nothing stays allocated
 */
export async function buildParallel(
  model: ModelState,
  options: TrainingStepOptions,
  { ranks, lanes, zero = 1, bucketSize = defaultBucketSize }: ParallelOptions,
): Promise<ParallelParts> {
  checkLanes(lanes, ranks.data.size);
  model.checkTrainable();
  checkShared(model, options);
  using building = new DisposableStack();
  const place = zero === 1 ? ranks.data : { rank: 0, size: 1 };
  requireStepRoom(model, { ...options, divided: place });
  const updated = await buildUpdated(model, options, place, bucketSize, building);
  const { trainable: { layout }, gathered, master, markChanged } = updated;
  const { size } = layout.places;
  const replicated = layout.replicated ?? size;
  const { remedy = arenaRemedy } = options;
  const moment = (name: AdamMoment) => {
    const owner = `${ownerOf(model)} ${name}`;
    const made = OwnedArena.allocate(model.device, owner, size, place, { bucketSize, remedy });
    return building.adopt(made, () => made.free(model.device));
  };
  const moments = { m: moment("m"), v: moment("v") };
  const held = moments.m.ranges;
  const base = await buildMicroBatch(model, options, updated.trainable, building);
  const own = held.flatMap(({ start, size }) => base.gradients.flat("gradients", start, size));
  const small = (name: string, size: number) => smallTensor(model, name, [Math.max(1, size)], building);
  const norm = {
    own,
    ownParts: small("own norm parts", normPartsOf(own)),
    parts: small("norm parts", countParts(size, replicated, ranks.model)),
  };
  const programs = await compilePrograms(model, options, { base, updated, moments, norm }, building);
  return {
    ...base,
    ...programs,
    buckets: bucketsOf(size, ranks.data.size, bucketSize),
    held,
    moments,
    replicated,
    ownParts: norm.ownParts,
    parts: norm.parts,
    gathered,
    master,
    markChanged,
    owned: building.move(),
  };
}

/** The tensors on which the programs work. */
interface ProgramTensors {
  base: MicroBatchParts;
  updated: Updated;
  moments: ParallelParts["moments"];
  norm: { own: readonly Tensor[]; ownParts: Tensor; parts: Tensor };
}

/** Compiles the programs behind the micro-batches; those without calls are undefined. */
async function compilePrograms(
  model: ModelState,
  options: TrainingStepOptions,
  { base: { gradients, state }, updated, moments, norm: { own, ownParts, parts } }: ProgramTensors,
  building: DisposableStack,
): Promise<Pick<ParallelParts, "collect" | "norms" | "update" | "sync">> {
  const { trainable, syncsOwn } = updated;
  const compile = async (name: string, record: (r: Recorder) => void) => {
    const r = new Recorder(model.device, "all", false);
    record(r);
    if (r.calls.length === 0) return undefined;
    const program = await r.compile(`${ownerOf(model)} ${name}`);
    building.defer(() => program.dispose());
    return program;
  };
  return {
    collect: await compile("adapters", (r) => trainable.collectGradients(r, gradients)),
    norms: await compile("norm", (r) => normParts(r, own, ownParts)),
    update: (await compile("update", (r) => {
      finishParts(r, parts, state);
      recordAdamW(r, options, { gradients, state }, updated, moments);
      if (syncsOwn) trainable.syncToModel(r);
    }))!,
    sync: syncsOwn ? undefined : await compile("merge", (r) => trainable.syncToModel(r)),
  };
}

/** Records the update of what is held here, range by range. */
function recordAdamW(
  r: Recorder,
  options: TrainingStepOptions,
  { gradients, state }: Pick<MicroBatchParts, "gradients" | "state">,
  { trainable, pieces }: Updated,
  { m, v }: ParallelParts["moments"],
): void {
  const flat = (start: number, size: number) => gradients.flat("gradients", start, size);
  for (const range of m.ranges) {
    const lists = [pieces(range), flatPieces(flat, range), m.parts(range), v.parts(range)];
    for (const { start, tensors: [weights, sums, m, v] } of alignPieces(...lists)) {
      const decayed = Math.max(0, trainable.layout.decayed - start);
      adamw(r, { weights: [weights], gradients: [sums], m: [m], v: [v], decayed }, state, options);
    }
  }
}

/** Refuses lanes that the data ranks cannot share evenly. */
function checkLanes(lanes: number, dataRanks: number): void {
  if (lanes % dataRanks === 0) return;
  const fitting = Array.from({ length: lanes }, (_, i) => i + 1).filter((n) => lanes % n === 0);
  throw new ConfigError(
    `Cannot train ${lanes} lanes on ${dataRanks} data ranks: the number of data ranks must divide lanes: ` +
      `${fitting.join(", ")}`,
    { path: "parallel.lanes", value: lanes },
  );
}

/** Returns the number of parts of the norm of the whole model. */
function countParts(size: number, replicated: number, model: Group): number {
  const cut = Math.ceil(replicated / normPart);
  return cut * model.size + Math.ceil(size / normPart) - cut;
}

/** Makes what a rank updates: all weights or adapters in f32, or the own part of the weights of a model of halves. */
async function buildUpdated(
  model: ModelState,
  options: TrainingStepOptions,
  place: RankPlace,
  bucketSize: number,
  building: DisposableStack,
): Promise<Updated> {
  if (place.size === 1 || model.dtype === "f32" || options.lora) {
    const { trainable, markChanged } = await buildTrainable(model, options, building);
    const flat = (start: number, size: number) => trainable.arena.flat("weights", start, size);
    const gathered = place.size > 1 ? { flat, bytes: 4 as const } : undefined;
    return {
      trainable,
      pieces: (range) => flatPieces(flat, range),
      gathered,
      syncsOwn: !gathered,
      markChanged,
    };
  }
  const madeHere = { changed: false };
  if (await model.requireDivided({ place, bucketSize })) {
    building.defer(() => madeHere.changed || model.dropTrained());
  }
  const master = model.master!;
  const packed = model.packed!;
  const { layout } = model;
  return {
    trainable: {
      layout,
      scratch: [],
      weights: (gradients) => layout.views({ packed }, gradients),
      collectGradients: () => {},
      syncToModel: (r) => recordRounding(r, master, packed),
      dispose: () => {},
    },
    pieces: (range) => master.parts(range),
    gathered: { flat: (start, size) => packed.halves("halves", start, size), bytes: 2 },
    master,
    syncsOwn: true,
    markChanged: () => madeHere.changed = true,
  };
}
