/**
 * A pickle of tensors, read without running anything: it knows dictionaries, lists, numbers, text, and the handful of
 * names that PyTorch writes for a tensor. Any other name ends the reading: nothing is looked up, imported or called.
 * Operations: CPython's `Lib/pickletools.py`.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";

/** An element type of PyTorch. */
export type TorchType = "F32" | "F16" | "BF16" | "other";

/** A stretch of numbers that tensors show parts of. */
export class PickledStorage {
  constructor(readonly key: string, readonly type: TorchType, readonly length: number) {}
}

/** A tensor: a shape over a storage. */
export class TorchTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly stride: readonly number[],
  ) {}
}

/** A name that the pickle asks for. */
class Name {
  constructor(readonly name: string) {}
}

const REBUILD = "torch._utils _rebuild_tensor_v2";
const PARAMETER = "torch._utils _rebuild_parameter";
const ORDERED = "collections OrderedDict";
const STORAGES: Readonly<Record<string, TorchType>> = {
  "torch FloatStorage": "F32",
  "torch HalfStorage": "F16",
  "torch BFloat16Storage": "BF16",
  "torch DoubleStorage": "other",
  "torch LongStorage": "other",
  "torch IntStorage": "other",
  "torch ShortStorage": "other",
  "torch CharStorage": "other",
  "torch ByteStorage": "other",
  "torch BoolStorage": "other",
};

const MARK = Symbol("mark");

/** Most values that may be made, so that no pickle can fill the memory. [ours] */
const MOST = 2_000_000;

/** Reads one pickle of protocol 2 to 5. */
export class Unpickler {
  #at = 0;
  #made = 0;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #view: DataView;

  /** `bytes` stand at `start` in `file`, for the offsets of errors. */
  constructor(readonly file: string, readonly bytes: Uint8Array<ArrayBuffer>, readonly start: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * The value: dictionaries are Maps, tuples and lists arrays.
   *
   * @throws {FormatError} for anything that is not a tensor or a plain container of tensors
   */
  read(): unknown {
    for (;;) {
      if (++this.#made > MOST) this.#fail(`at most ${MOST} operations`);
      const op = this.#byte();
      const action = ACTIONS[op];
      if (op === 0x2e) return this.#pop();
      if (!action) {
        this.#fail(`an operation that tensors need, found ${show(String.fromCharCode(op))} (${op})`);
      }
      action(this.#tools);
    }
  }

  readonly #tools: Tools = {
    byte: () => this.#byte(),
    u16: () => this.#number(2, (at) => this.#view.getUint16(at, true)),
    u32: () => this.#number(4, (at) => this.#view.getUint32(at, true)),
    i32: () => this.#number(4, (at) => this.#view.getInt32(at, true)),
    f64: () => this.#number(8, (at) => this.#view.getFloat64(at, false)),
    take: (length) => this.#take(length),
    line: () => this.#line(),
    push: (value) => void this.#stack.push(value),
    pop: () => this.#pop(),
    top: () => this.#stack.length ? this.#stack[this.#stack.length - 1] : this.#fail("a value"),
    toMark: () => this.#toMark(),
    put: (key) => void this.#memo.set(key, this.#tools.top()),
    get: (key) => this.#memo.has(key) ? this.#memo.get(key) : this.#fail(`a value remembered as ${key}`),
    memoize: () => void this.#memo.set(this.#memo.size, this.#tools.top()),
    fail: (expected) => this.#fail(expected),
  };

  #fail(expected: string): never {
    const offset = this.start + this.#at;
    throw new FormatError(`Cannot read the pickle: expected ${expected}`, {
      file: this.file,
      offset,
      expected,
    });
  }

  #byte(): number {
    return this.#take(1)[0];
  }

  #number(bytes: number, read: (at: number) => number): number {
    this.#take(bytes);
    return read(this.#at - bytes);
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#at + length > this.bytes.length) this.#fail(`${length} more bytes`);
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  #line(): string {
    const end = this.bytes.indexOf(10, this.#at);
    if (end < 0) this.#fail("a line");
    const text = new TextDecoder().decode(this.#take(end - this.#at));
    this.#at++;
    return text;
  }

  #pop(): unknown {
    if (this.#stack.length === 0 || this.#stack[this.#stack.length - 1] === MARK) this.#fail("a value");
    return this.#stack.pop();
  }

  #toMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.#fail("a mark");
    const values = this.#stack.splice(mark);
    return values.slice(1);
  }
}

/** What an operation may do. */
interface Tools {
  byte(): number;
  u16(): number;
  u32(): number;
  i32(): number;
  f64(): number;
  take(length: number): Uint8Array<ArrayBuffer>;
  line(): string;
  push(value: unknown): void;
  pop(): unknown;
  top(): unknown;
  toMark(): unknown[];
  put(key: number): void;
  get(key: number): unknown;
  memoize(): void;
  fail(expected: string): never;
}

const text = (t: Tools, length: number) => t.push(new TextDecoder().decode(t.take(length)));

/** The operations by their byte. */
const ACTIONS: Readonly<Record<number, (t: Tools) => void>> = {
  0x80: (t) => void t.byte(), // PROTO
  0x95: (t) => void t.take(8), // FRAME
  0x28: (t) => t.push(MARK),
  0x30: (t) => void t.pop(),
  0x31: (t) => void t.toMark(),
  0x4e: (t) => t.push(null),
  0x88: (t) => t.push(true),
  0x89: (t) => t.push(false),
  0x4b: (t) => t.push(t.byte()),
  0x4d: (t) => t.push(t.u16()),
  0x4a: (t) => t.push(t.i32()),
  0x47: (t) => t.push(t.f64()),
  0x8a: (t) => t.push(long(t)),
  0x8c: (t) => text(t, t.byte()),
  0x58: (t) => text(t, t.u32()),
  0x29: (t) => t.push([]),
  0x5d: (t) => t.push([]),
  0x7d: (t) => t.push(new Map()),
  0x74: (t) => t.push(t.toMark()),
  0x6c: (t) => t.push(t.toMark()),
  0x85: (t) => t.push([t.pop()]),
  0x86: (t) => t.push([t.pop(), t.pop()].reverse()),
  0x87: (t) => t.push([t.pop(), t.pop(), t.pop()].reverse()),
  0x61: (t) => append(t, [t.pop()]),
  0x65: (t) => append(t, t.toMark()),
  0x73: (t) => setItems(t, [t.pop(), t.pop()].reverse()),
  0x75: (t) => setItems(t, t.toMark()),
  0x71: (t) => t.put(t.byte()),
  0x72: (t) => t.put(t.u32()),
  0x68: (t) => t.push(t.get(t.byte())),
  0x6a: (t) => t.push(t.get(t.u32())),
  0x94: (t) => t.memoize(),
  0x63: (t) => t.push(named(t, t.line(), t.line())),
  0x93: (t) => t.push(named(t, ...[t.pop(), t.pop()].reverse().map(String) as [string, string])),
  0x51: (t) => t.push(storage(t, t.pop())),
  0x52: (t) => t.push(call(t, t.pop(), t.pop())),
  0x62: (t) => build(t, t.pop()),
};

function long(t: Tools): number {
  const bytes = t.take(t.byte());
  if (bytes.length > 8) t.fail("an integer of at most 8 bytes");
  let value = bytes.length && bytes[bytes.length - 1] > 127 ? -1n : 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[i]);
  return Number(value);
}

function append(t: Tools, values: unknown[]): void {
  const list = t.top();
  if (!Array.isArray(list)) t.fail("a list to append to");
  for (const value of values) list.push(value);
}

function setItems(t: Tools, pairs: unknown[]): void {
  const map = t.top();
  if (!(map instanceof Map) || pairs.length % 2) t.fail("a dictionary and pairs");
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
}

function named(t: Tools, module: string, name: string): Name {
  const found = `${module} ${name}`;
  const known = [REBUILD, PARAMETER, ORDERED, ...Object.keys(STORAGES)];
  if (known.includes(found)) return new Name(found);
  return t.fail(`a name that tensors need, found ${show(`${module}.${name}`)}: nothing else is constructed`);
}

/** `("storage", FloatStorage, key, device, length)`. */
function storage(t: Tools, id: unknown): PickledStorage {
  const [kind, type, key, , length] = Array.isArray(id) ? id : [];
  const ok = kind === "storage" && type instanceof Name && type.name in STORAGES && typeof key === "string";
  if (!ok || !isCount(length)) return t.fail("a storage");
  return new PickledStorage(key, STORAGES[type.name], length);
}

function call(t: Tools, given: unknown, what: unknown): unknown {
  if (!(what instanceof Name) || !Array.isArray(given)) return t.fail("a tensor to rebuild");
  if (what.name === ORDERED && given.length === 0) return new Map();
  if (what.name === PARAMETER && given[0] instanceof TorchTensor) return given[0];
  const [storage, offset, shape, stride] = given;
  const ok = what.name === REBUILD && storage instanceof PickledStorage && isCount(offset) &&
    areCounts(shape) &&
    areCounts(stride) && shape.length === stride.length && shape.length <= 8;
  return ok ? new TorchTensor(storage, offset, shape, stride) : t.fail("a tensor of a storage");
}

/** The state of an ordered dictionary, such as its `_metadata`, is left aside. */
function build(t: Tools, _state: unknown): void {
  if (!(t.top() instanceof Map)) t.fail("a dictionary to build");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
