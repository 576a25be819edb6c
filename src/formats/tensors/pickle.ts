/**
 * Safe reader of pickled tensors, which runs no code from the file.
 *
 * It knows dictionaries, lists, numbers, text, and the few names that PyTorch writes for a tensor. Any other name is an
 * error: nothing is looked up, imported or called. Operations: CPython's `Lib/pickletools.py`.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";

/** An element type of PyTorch. */
type TorchType = "F32" | "F16" | "BF16" | "other";

/** A flat array of numbers that tensors are views of; `length` in elements. */
class PickledStorage {
  constructor(readonly key: string, readonly type: TorchType, readonly length: number) {}
}

/** A tensor: a strided view of a storage, `offset` and `stride` in elements. */
export class TorchTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly stride: readonly number[],
  ) {}
}

/** A Python name that the pickle refers to. */
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

/** The most operations of a pickle, so that no pickle can fill the memory. [ours] */
const MAX_OPERATIONS = 2_000_000;

/** A reader of one pickle of protocol 2 to 5. */
export class Unpickler {
  #at = 0;
  #operations = 0;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #view: DataView;

  /** Takes the `bytes` that stand at byte `start` of `file`; errors give offsets in the file. */
  constructor(readonly file: string, readonly bytes: Uint8Array<ArrayBuffer>, readonly start: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Returns the value: dictionaries become Maps, tuples and lists become arrays.
   *
   * @throws {FormatError} when the pickle holds anything but tensors and plain containers of them
   */
  read(): unknown {
    for (;;) {
      if (++this.#operations > MAX_OPERATIONS) this.#fail(`at most ${MAX_OPERATIONS} operations`);
      const op = this.#byte();
      const action = ACTIONS[op];
      if (op === 0x2e) return this.#pop();
      if (!action) {
        this.#fail(`an operation that tensors need, found ${show(String.fromCharCode(op))} (${op})`);
      }
      action(this.#machine);
    }
  }

  readonly #machine: Machine = {
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
    put: (key) => void this.#memo.set(key, this.#machine.top()),
    get: (key) => this.#memo.has(key) ? this.#memo.get(key) : this.#fail(`a value in memo slot ${key}`),
    memoize: () => void this.#memo.set(this.#memo.size, this.#machine.top()),
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

/** The part of the reader that operations act on: input, stack and memo. */
interface Machine {
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

const text = (t: Machine, length: number) => t.push(new TextDecoder().decode(t.take(length)));

/** The operations by opcode. */
const ACTIONS: Readonly<Record<number, (t: Machine) => void>> = {
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
  0x93: (t) => t.push(globalOf(t, t.pop(), t.pop())),
  0x51: (t) => t.push(storage(t, t.pop())),
  0x52: (t) => t.push(call(t, t.pop(), t.pop())),
  0x62: (t) => build(t, t.pop()),
};

function long(t: Machine): number {
  const bytes = t.take(t.byte());
  if (bytes.length > 8) t.fail("an integer of at most 8 bytes");
  let value = bytes.length && bytes[bytes.length - 1] > 127 ? -1n : 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[i]);
  return Number(value);
}

function append(t: Machine, values: unknown[]): void {
  const list = t.top();
  if (!Array.isArray(list)) t.fail("a list to append to");
  for (const value of values) list.push(value);
}

function setItems(t: Machine, pairs: unknown[]): void {
  const map = t.top();
  if (!(map instanceof Map) || pairs.length % 2) t.fail("a dictionary and pairs");
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
}

/** Makes a name of two values of the stack; anything but texts could be nested without end. */
function globalOf(t: Machine, name: unknown, module: unknown): Name {
  if (typeof module !== "string" || typeof name !== "string") t.fail("a module and a name");
  return named(t, module, name);
}

function named(t: Machine, module: string, name: string): Name {
  const found = `${module} ${name}`;
  const known = [REBUILD, PARAMETER, ORDERED, ...Object.keys(STORAGES)];
  if (known.includes(found)) return new Name(found);
  return t.fail(`a name that tensors need, found ${show(`${module}.${name}`)}: nothing else is constructed`);
}

/** Makes a storage of the persistent id `("storage", FloatStorage, key, device, length)`. */
function storage(t: Machine, id: unknown): PickledStorage {
  const [kind, type, key, , length] = Array.isArray(id) ? id : [];
  const ok = kind === "storage" && type instanceof Name && type.name in STORAGES && typeof key === "string";
  if (!ok || !isCount(length)) return t.fail("a storage");
  return new PickledStorage(key, STORAGES[type.name], length);
}

function call(t: Machine, args: unknown, callee: unknown): unknown {
  if (!(callee instanceof Name) || !Array.isArray(args)) return t.fail("a tensor to rebuild");
  if (callee.name === ORDERED && args.length === 0) return new Map();
  if (callee.name === PARAMETER && args[0] instanceof TorchTensor) return args[0];
  const [storage, offset, shape, stride] = args;
  const ok = callee.name === REBUILD && storage instanceof PickledStorage && isCount(offset) &&
    areCounts(shape) &&
    areCounts(stride) && shape.length === stride.length && shape.length <= 8;
  return ok ? new TorchTensor(storage, offset, shape, stride) : t.fail("a tensor of a storage");
}

/** Ignores the state of an ordered dictionary, such as its `_metadata`. */
function build(t: Machine, _state: unknown): void {
  if (!(t.top() instanceof Map)) t.fail("a dictionary to build");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
