/**
 * One checkpoint: a model folder plus `optimizer.safetensors` and `state.json`, either whole or absent.
 *
 * Its files do not depend on the number of ranks that write it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { FormatError } from "../../base/errors.ts";
import { gatherValues, type Group, type Ranks } from "../../base/exchange.ts";
import { parseOptions } from "../../base/schema.ts";
import { withProgress } from "../../display/mod.ts";
import { shownByFirst, together } from "../../base/together.ts";
import { saveModel } from "../../model/files/save.ts";
import { restoreModel } from "../../model/lifecycle/load_model.ts";
import type { Model, Stepping } from "../../model/mod.ts";
import { saveSchema } from "../../model/model_options.ts";
import { stateOf } from "../../model/model_state.ts";
import { singleGroup, singleRanks } from "../../parallel/mod.ts";
import { type FileRecord, readState, type RunState, stateText } from "../monitoring/run_state.ts";
import { restoreAdapters, writeAdapters } from "./adapter_files.ts";
import { filesIn, foldersIn, replaceFolder } from "./draft_folder.ts";
import { readMoments, writeMoments } from "./moment_files.ts";
import { cardFiles, writeCard } from "./training_card.ts";

/** A checkpoint whose files all match their checksums. */
export interface Checkpoint {
  /** Its folder. */
  path: string;
  /** Content of its `state.json`. */
  state: RunState;
}

/** The content of a checkpoint. */
export interface CheckpointContent {
  /** Model whose weights are written. */
  model: Model;
  /** Training step whose moments are written. */
  training: Stepping;
  /** Content of `state.json`; that of rank 0 counts. */
  state: Omit<RunState, "files">;
}

/**
 * Writes a checkpoint to the folder `path`; an aborted signal leaves nothing behind. Every rank of the model calls it: each
 * writes and hashes files of its own.
 *
 * @param options `shardBytes` is the largest file of weights or moments; a larger tensor has a file of its own (default as in `Model.save`)
 * @throws the error of the rank that failed, on every rank
 */
export async function writeCheckpoint(
  path: string,
  { model, training, state }: CheckpointContent,
  signal: AbortSignal,
  options: { shardBytes?: number } = {},
): Promise<void> {
  const { ranks } = stateOf(model);
  const { world } = ranks;
  const format = model.config.parts ? "llamero" : "hf"; // the only folder that holds parts which are not the paper's
  const settings = parseOptions(saveSchema, { ...options, format, signal }, "Model.save");
  const { shardBytes } = settings;
  const label = `saving ${basename(path)}`;
  const write = async (draft: string) => {
    const written = [
      ...await saveModel(model, draft, settings),
      ...await writeMoments(draft, ranks, training, { shardBytes, signal }),
      ...training.adapters ? await writeAdapters(draft, ranks, training.adapters, signal) : [],
    ];
    const records = await together(world, "checksums", () => recordFiles(draft, written));
    const all = Object.assign({}, ...await gatherValues(world, records, "checksums")) as FileRecords;
    await together(world, "state", async () => {
      if (world.rank > 0) return;
      const rest = filesIn(draft).filter((name) => !cardFiles.includes(name) && !(name in all));
      const files = { ...all, ...await recordFiles(draft, rest) };
      await writeCard(draft, model, state);
      const sorted = Object.fromEntries(Object.keys(files).sort().map((name) => [name, files[name]]));
      await Deno.writeTextFile(`${draft}/state.json`, await stateText({ ...state, files: sorted }));
      signal.throwIfAborted();
    });
  };
  await withProgress(label, {}, () => replaceFolder(path, write, world));
}

/** Sizes and checksums of files, by name. */
type FileRecords = Record<string, FileRecord>;

async function recordFiles(folder: string, names: readonly string[]): Promise<FileRecords> {
  const records: FileRecords = {};
  for (const name of names) records[name] = await recordOf(`${folder}/${name}`);
  return records;
}

/** Gives a checkpoint a second path: hard links where the file system has them, else a copy. */
export async function linkCheckpoint(from: string, to: string): Promise<void> {
  await replaceFolder(to, async (draft) => {
    for (const name of foldersIn(from)) await Deno.mkdir(`${draft}/${name}`);
    for (const name of filesIn(from)) {
      await Deno.link(`${from}/${name}`, `${draft}/${name}`).catch(() =>
        Deno.copyFile(`${from}/${name}`, `${draft}/${name}`)
      );
    }
  });
}

/**
 * Opens a checkpoint and checks size and checksum of every file. Ranks of a group call it together, and each checks some of
 * the files.
 *
 * @throws {FormatError} naming the file that is missing, cut short or changed, on every rank
 */
export async function openCheckpoint(path: string, group: Group = singleGroup): Promise<Checkpoint> {
  let state: RunState | undefined;
  let damage: FormatError | undefined;
  await together(group, "checkpoint", async () => {
    try {
      state = await readState(path);
      const files = Object.entries(state.files).filter((_, i) => i % group.size === group.rank);
      const checking = { total: files.length, unit: "file" };
      await withProgress(`checking ${basename(path)}`, checking, async (progress) => {
        for (const [name, expected] of files) {
          await checkFile(`${path}/${name}`, expected);
          progress.add();
        }
      });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damage = error;
    }
  });
  await requireWhole(group, damage);
  return { path, state: state! };
}

/** Rethrows the damage that a rank has found on all of them. */
async function requireWhole(group: Group, own: FormatError | undefined): Promise<void> {
  const facts = own && { message: own.message, file: own.file, offset: own.offset, expected: own.expected };
  const all = await gatherValues(group, facts ?? null, "damage");
  const rank = all.findIndex((damage) => damage);
  if (rank < 0) return;
  const { message, file, offset, expected } = all[rank]!;
  const place = `${file}${offset === undefined ? "" : ` (byte ${offset})`}: `;
  const told = () => new FormatError(message.replace(place, ""), { file, offset, expected });
  throw shownByFirst(group, rank === group.rank ? own : told());
}

async function checkFile(file: string, expected: FileRecord): Promise<void> {
  const found = await recordOf(file).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new FormatError("a file of the checkpoint is missing", { file, cause });
  });
  if (found.bytes !== expected.bytes) {
    throw new FormatError(
      `the checkpoint is damaged: expected ${expected.bytes} bytes, the file has ${found.bytes}`,
      { file, offset: Math.min(found.bytes, expected.bytes), expected: `${expected.bytes} bytes` },
    );
  }
  if (found.sha256 !== expected.sha256) {
    throw new FormatError("the checkpoint is damaged: the file's checksum does not match", {
      file,
      expected: expected.sha256,
    });
  }
}

/** Restores the weights of a model from a checkpoint. Every rank of the model calls it. */
export async function restoreWeights(model: Model, { path }: Checkpoint): Promise<void> {
  await withProgress(`reading ${basename(path)}`, {}, () => restoreModel(model, path));
}

/**
 * Restores the moments of a training step from a checkpoint, and its LoRA adapters where it has some. Every rank calls it.
 *
 * @throws {FormatError} for a tensor that is missing, unknown or of another shape
 */
export async function restoreMoments(
  training: Stepping,
  { path }: Checkpoint,
  ranks: Ranks = singleRanks,
): Promise<void> {
  await withProgress(`reading ${basename(path)}`, {}, async () => {
    await readMoments(path, ranks, training);
    if (training.adapters) await restoreAdapters(path, ranks, training.adapters);
  });
}

async function recordOf(file: string): Promise<FileRecord> {
  const hash = createHash("sha256");
  let bytes = 0;
  using opened = await Deno.open(file);
  const chunk = new Uint8Array(1 << 20);
  for (let n = await opened.read(chunk); n !== null; n = await opened.read(chunk)) {
    hash.update(chunk.subarray(0, n));
    bytes += n;
  }
  return { bytes, sha256: hash.digest("hex") };
}
