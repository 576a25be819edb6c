/**
 * Random damage to files: bytes are changed, cut, doubled and moved, numbers made extreme, values of JSON exchanged.
 *
 * @module
 */
import type { Random } from "../../src/base/random.ts";
import { concat } from "../../src/formats/bytes.ts";

/** Returns a file with one to four damages, more often in its header than behind it. */
export function mutate(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let out = bytes.slice();
  for (let i = 1 + random.below(4); i > 0; i--) out = damages[random.below(damages.length)](out, random);
  return out;
}

type Damage = (bytes: Uint8Array<ArrayBuffer>, random: Random) => Uint8Array<ArrayBuffer>;

/** Draws a place, three times of four in the first 512 or last 256 bytes. */
function place(bytes: Uint8Array, random: Random): number {
  const kind = random.below(4);
  const end = bytes.length;
  if (kind < 2) return random.below(Math.min(512, end));
  return kind === 2 ? Math.max(0, end - 1 - random.below(256)) : random.below(end);
}

const extremes = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffffffn,
  0xffffffffn,
  1n << 40n,
  1n << 53n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

const damages: readonly Damage[] = [
  (bytes, random) => set(bytes, place(bytes, random), [random.below(256)]),
  (bytes, random) => {
    const at = place(bytes, random);
    return set(bytes, at, [bytes[at] ^ 1 << random.below(8)]);
  },
  (bytes, random) => {
    const value = new Uint8Array(BigUint64Array.of(extremes[random.below(extremes.length)]).buffer);
    return set(bytes, place(bytes, random), [...value.subarray(0, random.below(2) ? 8 : 4)]);
  },
  (bytes, random) => bytes.slice(0, place(bytes, random)),
  (bytes, random) => {
    const at = place(bytes, random);
    const length = random.below(32);
    return concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    const length = random.below(64);
    return concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const from = place(bytes, random);
    const part = bytes.slice(from, from + random.below(32));
    return set(bytes, place(bytes, random), [...part]);
  },
];

function set(bytes: Uint8Array<ArrayBuffer>, at: number, values: number[]): Uint8Array<ArrayBuffer> {
  values.forEach((value, i) => at + i < bytes.length && (bytes[at + i] = value));
  return bytes;
}

const strange: readonly unknown[] = [
  ...[null, true, -1, 0, 1, 1.5, 1e15, 2 ** 53, 1e308, "", "x", "../../etc/passwd", "\u0000", "__proto__"],
  ...[[], {}, [[]], [1, "a"], { type: "Sequence" }, {
    type: "Replace",
    pattern: { Regex: "(a+)+$" },
    content: "b",
  }],
  ...[
    "\ud800",
    "a".repeat(10_000),
    { id: 5, content: "y" },
    [["a", -1]],
    "BPE",
    "Unigram",
    "WordPiece",
    "ByteLevel",
  ],
];

/** Returns JSON with one to three values replaced, removed, renamed or swapped. */
export function mutateJson(text: string, random: Random): string {
  const root = { value: JSON.parse(text) as unknown };
  for (let i = 1 + random.below(3); i > 0; i--) {
    let holder: Record<string, unknown> = root;
    let key = "value";
    for (let depth = random.below(5); depth >= 0; depth--) {
      const next = holder[key];
      if (typeof next !== "object" || next === null || Object.keys(next).length === 0) break;
      const keys = Object.keys(next);
      [holder, key] = [next as Record<string, unknown>, keys[random.below(keys.length)]];
    }
    const kind = random.below(8);
    const value = structuredClone(strange[random.below(strange.length)]);
    if (kind === 0) delete holder[key];
    else if (kind === 1) holder[`${key}_`] = value;
    else if (kind === 2) holder[key] = structuredClone(root.value);
    else holder[key] = value;
  }
  return JSON.stringify(root.value) ?? "null";
}
