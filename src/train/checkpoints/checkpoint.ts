/**
 * One checkpoint: a model folder plus `optimizer.safetensors` and `state.json`, either whole or absent.
 *
 * It is written into a hidden folder beside its final path, flushed to the disk and renamed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { FormatError } from "../../base/errors.ts";
import { openSafetensors, type TensorEntry, writeSafetensors } from "../../formats/mod.ts";
import type { AdamMoment, Model, Stepping } from "../../model/mod.ts";
import { restoreModel } from "../../model/lifecycle/load_model.ts";
import { restoreAdapters, writeAdapters } from "./adapter_files.ts";
import { cardFiles, writeCard } from "./training_card.ts";
import { type FileRecord, readState, type RunState, stateText } from "../monitoring/run_state.ts";

/** File of the moments inside a checkpoint. */
const MOMENTS = "optimizer.safetensors";

/** A checkpoint whose files all match their checksums. */
export interface Checkpoint {
  /** Its folder. */
  path: string;
  /** Content of its `state.json`. */
  state: RunState;
}

/** Fills a hidden folder and renames it to `path`, in place of an earlier folder of that name. */
async function replaceFolder(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const [, parent, name] = path.match(/^(.*\/)?([^/]+)$/)!;
  const id = crypto.randomUUID();
  const draft = `${parent ?? ""}.${name}.${id}.tmp`;
  const old = `${parent ?? ""}.${name}.${id}.old`;
  await Deno.mkdir(draft, { recursive: true });
  try {
    await fill(draft);
    for (const name of filesIn(draft)) await syncFile(`${draft}/${name}`);
    for (const name of foldersIn(draft)) await syncFolder(`${draft}/${name}`);
    await syncFolder(draft);
    const replaced = await Deno.rename(path, old).then(() => true, () => false);
    await Deno.rename(draft, path);
    await syncFolder(parent ?? ".");
    if (replaced) await Deno.remove(old, { recursive: true });
  } catch (error) {
    await Deno.remove(draft, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** Returns true for the name of a folder that a killed process left behind. */
export function isDraft(name: string): boolean {
  return /^\..+\.[0-9a-f-]{36}\.(tmp|old)$/.test(name);
}

/** Writes a checkpoint to the folder `path`; an aborted signal leaves nothing behind. */
export async function writeCheckpoint(
  path: string,
  model: Model,
  training: Stepping,
  state: Omit<RunState, "files">,
  signal: AbortSignal,
): Promise<void> {
  await replaceFolder(path, async (draft) => {
    signal.throwIfAborted();
    await model.save(draft);
    signal.throwIfAborted();
    await writeMoments(`${draft}/${MOMENTS}`, training, signal);
    if (training.adapters) await writeAdapters(draft, training.adapters, signal);
    const files: Record<string, FileRecord> = {};
    const names = filesIn(draft).filter((name) => !cardFiles.includes(name));
    for (const name of names) files[name] = await recordOf(`${draft}/${name}`);
    await writeCard(draft, model, state);
    await Deno.writeTextFile(`${draft}/state.json`, await stateText({ ...state, files }));
    signal.throwIfAborted();
  });
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
 * Opens a checkpoint and checks size and checksum of every file.
 *
 * @throws {FormatError} naming the file that is missing, cut short or changed
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const state = await readState(path);
  for (const [name, expected] of Object.entries(state.files)) {
    const file = `${path}/${name}`;
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
  return { path, state };
}

/** Restores the weights of a model from a checkpoint. */
export function restoreWeights(model: Model, { path }: Checkpoint): Promise<void> {
  return restoreModel(model, path);
}

/**
 * Restores the moments of a training step from a checkpoint, and its LoRA adapters where it has some.
 *
 * @throws {FormatError} for a tensor that is missing, unknown or of another shape
 */
export async function restoreMoments(training: Stepping, { path }: Checkpoint): Promise<void> {
  using file = await openSafetensors(`${path}/${MOMENTS}`);
  const tensorsOf = (moment: AdamMoment) =>
    new Map(
      [...file.tensors.keys()].filter((name) => name.startsWith(`${moment}.`))
        .map((name) => [name.slice(moment.length + 1), file.matrix(name)]),
    );
  await training.restore({ m: tensorsOf("m"), v: tensorsOf("v") }, `${path}/${MOMENTS}`);
  if (training.adapters) await restoreAdapters(path, training.adapters);
}

/** Writes both moments under the names of their parameters, prefixed `m.` and `v.`, in pieces of some megabytes. */
async function writeMoments(path: string, training: Stepping, signal: AbortSignal): Promise<void> {
  const moments: readonly AdamMoment[] = ["m", "v"];
  const { parameters } = training.layout;
  const layout = moments.flatMap((moment) =>
    parameters.map(({ name, shape }) => ({ name: `${moment}.${name}`, shape }))
  );
  const entries = async function* (): AsyncGenerator<TensorEntry> {
    for (const moment of moments) {
      for await (const { parameter: { name, shape }, data } of training.moments(moment, { signal })) {
        yield { name: `${moment}.${name}`, shape, data };
      }
    }
  };
  await writeSafetensors(path, entries(), { layout, signal });
}

/** Returns the names of a checkpoint's files, those in its folders as `folder/name`. */
function filesIn(path: string): string[] {
  const names = (folder: string) =>
    [...Deno.readDirSync(`${path}/${folder}`)].filter((entry) => entry.isFile).map(({ name }) =>
      folder + name
    );
  return ["", ...foldersIn(path).map((name) => `${name}/`)].flatMap(names).sort();
}

function foldersIn(path: string): string[] {
  return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map(({ name }) => name);
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

async function syncFile(file: string): Promise<void> {
  using opened = await Deno.open(file, { read: true, write: true });
  await opened.sync();
}

/** Flushes a folder, which holds the new name, to the disk; Windows does not open folders. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}
