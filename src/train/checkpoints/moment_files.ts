/**
 * The moments of AdamW in a checkpoint: `optimizer.safetensors`, or several files with an index, cut as weights are.
 *
 * A moment has the name of its parameter, prefixed `m.` or `v.`.
 *
 * @module
 */
import type { Ranks } from "../../base/exchange.ts";
import { together } from "../../base/together.ts";
import {
  openSafetensors,
  type SafetensorsFile,
  type TensorEntry,
  writeSafetensors,
} from "../../formats/mod.ts";
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import { indexText, shardsOf } from "../../model/files/hf_shards.ts";
import { isFile, readJson, writeText } from "../../model/files/json_files.ts";
import { shardNames } from "../../model/files/weight_files.ts";
import type { AdamMoment, Parameter, ParameterPieces, Stepping } from "../../model/mod.ts";
import { collectFiles, type ParameterSpan } from "../../model/ranks/collect.ts";
import { wholeParameters } from "../../model/ranks/held_parameters.ts";

/** Begins the names of the files. */
const STEM = "optimizer";
const FILE = `${STEM}.safetensors`;
const INDEX = `${FILE}.index.json`;

const moments: readonly AdamMoment[] = ["m", "v"];

/** Settings of {@linkcode writeMoments}. */
interface WriteSettings {
  /** Largest file, in bytes; a larger tensor has a file of its own. */
  shardBytes: number;
  /** Stops the writing. */
  signal?: AbortSignal;
}

/**
 * Writes both moments into the folder of a checkpoint, in pieces of some megabytes. Every rank calls it.
 *
 * @returns the names of the files that this rank has written
 */
export async function writeMoments(
  folder: string,
  ranks: Ranks,
  training: Stepping,
  { shardBytes, signal }: WriteSettings,
): Promise<string[]> {
  const parameters = wholeParameters(training.layout.parameters);
  const all = moments.flatMap((moment) =>
    parameters.map((parameter) => ({ ...parameter, name: `${moment}.${parameter.name}` }))
  );
  const files = shardsOf(all, shardBytes, "f32", STEM);
  const held = moments.map((moment) => training.held(moment));
  const own = await collectFiles(
    ranks,
    files.map(({ name, from, to }) => ({
      content: held.flatMap((one, i): ParameterSpan[] => {
        const first = Math.max(0, from - i * parameters.length);
        const end = Math.min(parameters.length, to - i * parameters.length);
        return first < end ? [{ held: one, from: first, to: end }] : [];
      }),
      write: writeParameterFile(`${folder}/${name}`, all.slice(from, to), { signal }),
    })),
    { signal },
  );
  await together(ranks.world, "index of moments", async () => {
    if (ranks.world.rank > 0 || files.length === 1) return;
    await writeText(`${folder}/${INDEX}`, indexText(files, all.map(({ name }) => name)));
  });
  return own.map((i) => files[i].name);
}

/** Returns the writer of a file of parameters in f32, which it is handed in order. */
export function writeParameterFile(
  path: string,
  parameters: readonly Parameter[],
  options: { metadata?: Record<string, string>; signal?: AbortSignal },
): (pieces: AsyncGenerator<ParameterPieces>) => Promise<void> {
  const layout = parameters.map(({ name, shape }) => ({ name, shape }));
  return async (pieces) => {
    const entries = async function* (): AsyncGenerator<TensorEntry> {
      for (const { name, shape } of layout) {
        const { value } = await pieces.next();
        yield { name, shape, data: () => (value as ParameterPieces).data() };
      }
    };
    await writeSafetensors(path, entries(), { layout, ...options });
  };
}

/**
 * Restores both moments from the folder of a checkpoint. Every rank calls it.
 *
 * @throws {FormatError} for a tensor that is missing, unknown or of another shape
 */
export async function readMoments(folder: string, { world }: Ranks, training: Stepping): Promise<void> {
  const files: SafetensorsFile[] = [];
  try {
    await together(world, "files of moments", async () => {
      for (const name of await namesIn(folder)) files.push(await openSafetensors(`${folder}/${name}`));
    });
    const of = (moment: AdamMoment): Map<string, FileMatrix> => {
      const names = files.flatMap((file) =>
        file.names.map((name): [SafetensorsFile, string] => [file, name])
      );
      return new Map(
        names.filter(([, name]) => name.startsWith(`${moment}.`))
          .map(([file, name]) => [name.slice(moment.length + 1), file.matrix(name)]),
      );
    };
    await training.restore({ m: of("m"), v: of("v") }, `${folder}/${files.length > 1 ? INDEX : FILE}`);
  } finally {
    for (const file of files) file.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const index = `${folder}/${INDEX}`;
  return await isFile(index) ? shardNames(await readJson(index), index) : [FILE];
}
