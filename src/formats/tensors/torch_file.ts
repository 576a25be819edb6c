/**
 * Reader of the tensors in a file written by PyTorch's `torch.save`: a ZIP file with a pickle and one member per
 * storage.
 *
 * The pickle runs no code (see `pickle.ts`).
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { allocate, DTYPE_BYTES } from "./dtype.ts";
import { columnsOf, elementsOf, type FileMatrix } from "./matrix.ts";
import { OpenFile } from "../open_file.ts";
import { TorchTensor, Unpickler } from "./pickle.ts";
import { type ZipMember, zipMembers } from "./zip.ts";

/** Size of the largest pickle that is read. [ours] */
const MAX_PICKLE_BYTES = 64 << 20;

/** An open file of tensors. */
export interface TorchFile {
  /** The F32, F16 and BF16 tensors by name; others are omitted. */
  readonly tensors: ReadonlyMap<string, FileMatrix>;
  /** Closes the file. */
  close(): void;
}

/**
 * Opens a file that holds a dictionary of tensors.
 *
 * @throws {FormatError} when the file is damaged or holds anything else
 */
export async function openTorchFile(path: string): Promise<TorchFile> {
  const file = await OpenFile.open(path, "a file written by torch.save");
  try {
    const members = await zipMembers(file);
    const name = [...members.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
    const fail = (why: string) => new FormatError(`Cannot read the tensors: ${why}`, { file: path });
    if (!name) throw fail("it has no data.pkl, so torch.save did not write it");
    const folder = name.slice(0, -"data.pkl".length);
    const { offset, length } = members.get(name)!;
    if (length > MAX_PICKLE_BYTES) throw fail(`the pickle is longer than ${MAX_PICKLE_BYTES} bytes`);
    const order = members.get(`${folder}byteorder`);
    if (
      order &&
      new TextDecoder().decode(
          await file.readAll(order.offset, new Uint8Array(Math.min(6, order.length)), "the byte order"),
        ) !== "little"
    ) {
      throw fail("it was written on a big-endian machine");
    }
    const pickle = await file.readAll(offset, new Uint8Array(length), "the pickle");
    const values = new Unpickler(path, pickle, offset).read();
    const tensors = new Map<string, FileMatrix>();
    if (!(values instanceof Map)) throw fail("it does not hold a dictionary");
    for (const [name, value] of values) {
      if (typeof name !== "string") throw fail("a key is not a text");
      if (!(value instanceof TorchTensor)) throw fail(`${show(name)} is not a tensor`);
      const matrix = matrixOf(file, name, value, members.get(`${folder}data/${value.storage.key}`));
      if (matrix) tensors.set(name, matrix);
    }
    return { tensors, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

function matrixOf(
  file: OpenFile,
  name: string,
  tensor: TorchTensor,
  member?: ZipMember,
): FileMatrix | undefined {
  const { storage: { type, key }, shape } = tensor;
  const count = elementsOf(shape);
  const cols = columnsOf(shape);
  if (type === "other") return undefined;
  const fail = (why: string) => new FormatError(`Cannot read ${show(name)}: ${why}`, { file: file.path });
  const bytes = DTYPE_BYTES[type];
  const start = tensor.offset * bytes;
  if (!member) throw fail(`its storage ${show(key)} is missing`);
  if (!isRowMajor(tensor)) throw fail("it is not contiguous in memory (save it with .contiguous())");
  if (!(start + count * bytes <= member.length)) {
    throw fail(`its storage has ${member.length} bytes, expected at least ${start + count * bytes}`);
  }
  const read = async (row: number, rows: number) => {
    const target = allocate(type, rows * cols);
    const at = member.offset + start + row * cols * bytes;
    await file.readAll(at, target.bytes, `rows of ${show(name)}`);
    return target.finish() as Float32Array<ArrayBuffer>;
  };
  return { file: file.path, shape, read };
}

function isRowMajor({ shape, stride }: TorchTensor): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && stride[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}
