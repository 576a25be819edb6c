/**
 * Units of a line of weights, the most numbers that a kernel of few rows loads at once, and their conversion to floats.
 *
 * A line is read unit by unit, and a unit is used group by group: a group holds as many numbers as one load of x, eight
 * on software adapters (a pair of vec4, as in vec8.ts), four on GPUs, one where a length divides by neither. Halves and
 * bytes are read as whole words and unpacked, so that no device needs to grant half precision for them.
 *
 * @module
 */
import type { DeviceProfile, DType } from "../../gpu/mod.ts";
import { load, vec8Array, vec8Functions, type Vec8Layout, vec8LayoutOf } from "../vec8.ts";
import { range } from "../unroll.ts";

/** Numbers of one load of x: eight as the pair (`l`, `h`), four, or one. */
export type GroupSize = 8 | 4 | 1;

/** The form of a line in memory; every method returns WGSL. */
export interface Units {
  /** A text that tells this form from all others. */
  key: string;
  /** Numbers in a unit. */
  size: number;
  /** Type of a buffer of units. */
  array: string;
  /** Functions that the loads call. */
  functions: string;
  /** Loads the unit at `place` of `buffer` as `name`. */
  load(name: string, buffer: string, place: string): string;
  /** Declares the parts of group `g` of the unit `raw` as `name` + part, times `factor` where one is given. */
  unpack(name: string, raw: string, g: number, factor?: string): string;
}

/** Returns the names of the vec4 (or f32) registers of a group, behind the name of the group. */
export function partsOf(group: GroupSize): string[] {
  return group === 8 ? ["l", "h"] : [""];
}

/** Returns the group that lines of these lengths have on a device. */
export function groupOf({ family }: DeviceProfile, ...lengths: number[]): GroupSize {
  const group = family === "subgroup" ? 8 : 4;
  return lengths.every((length) => length % group === 0) ? group : 1;
}

/** Returns the units of a type of weights in lines of these lengths, which are multiples of `group`. */
export function unitsOf(device: DeviceProfile, dtype: DType, group: GroupSize, ...lengths: number[]): Units {
  const multiples = (of: number) => lengths.every((length) => length % of === 0);
  if (group === 1) return dtype === "f16" ? oneHalf : one(dtype);
  const words = group === 8 && device.int64 ? "u64" : "u32";
  if (dtype === "q8") return bytes(words, group);
  if (dtype === "f16") {
    return halves(words === "u64" && multiples(16) ? "u64" : "u32", group, multiples(8) ? 4 : 2);
  }
  return group === 8 ? eight(vec8LayoutOf(device, { dtype })) : four;
}

/** Returns the units of one group each, as x is read. */
export function groupUnits(device: DeviceProfile, dtype: DType, group: GroupSize): Units {
  if (group === 8) return eight(vec8LayoutOf(device, { dtype }));
  if (group === 4) return dtype === "f16" ? halves("u32", 4, 2) : four;
  return dtype === "f16" ? oneHalf : one(dtype);
}

/** Returns the unit of a vec8: one group. */
function eight(layout: Vec8Layout): Units {
  return {
    key: layout,
    size: 8,
    array: vec8Array(layout),
    functions: vec8Functions(layout),
    load: (name, buffer, place) => load(layout, name, buffer, place),
    unpack: (name, raw) => `let ${name}l = ${raw}l;\nlet ${name}h = ${raw}h;`,
  };
}

const simple = (name: string, buffer: string, place: string) => `let ${name} = ${buffer}[${place}];`;

const four: Units = {
  key: "vec4",
  size: 4,
  array: "array<vec4<f32>>",
  functions: "",
  load: simple,
  unpack: (name, raw) => `let ${name} = ${raw};`,
};

const one = (dtype: DType): Units => ({
  key: `single ${dtype}`,
  size: 1,
  array: `array<${dtype}>`,
  functions: "",
  load: simple,
  unpack: (name, raw) => `let ${name} = ${raw};`,
});

/** One half of a word. */
const oneHalf: Units = {
  ...one("f32"),
  key: "single half",
  array: "array<u32>",
  load: (name, buffer, place) =>
    `let ${name} = unpack2x16float(${buffer}[(${place}) / 2u])[(${place}) & 1u];`,
};

/** Returns the words of the unit `raw` in their order, and the number of them in a load. */
function wordsOf(words: "u64" | "u32", count: 2 | 4): (raw: string) => string[] {
  const parts = [..."xyzw"].slice(0, count);
  return (raw) =>
    words === "u32"
      ? parts.map((part) => `${raw}.${part}`)
      : parts.flatMap((part) => [`${raw}a.${part}`, `${raw}b.${part}`]);
}

/** Loads four 64-bit words as two vec4 of 32-bit words: `a` the low ones, `b` the high ones. */
const loadWide = (name: string, buffer: string, place: string) =>
  `let ${name}r = ${buffer}[${place}];
let ${name}a = vec4<u32>(${name}r);
let ${name}b = vec4<u32>(${name}r >> vec4<u32>(32u));`;

/** Returns units of halves, two in a word. */
function halves(words: "u64" | "u32", group: 8 | 4, count: 2 | 4): Units {
  const list = wordsOf(words, count);
  const size = count * (words === "u64" ? 4 : 2);
  const part = (words: string[], half: string) =>
    `vec4<f32>(${words.map((word) => `unpack2x16float(${word}).${half}`).join(", ")})`;
  return {
    key: `half ${words} ${size}`,
    size,
    array: `array<vec${count}<${words}>>`,
    functions: "",
    load: words === "u64" ? loadWide : simple,
    unpack: (name, raw, g) => {
      const own = list(raw).slice(g * group / 2, (g + 1) * group / 2);
      return group === 8
        ? `let ${name}l = ${part(own, "x")};\nlet ${name}h = ${part(own, "y")};`
        : `let ${name} = vec4<f32>(${own.map((word) => `unpack2x16float(${word})`).join(", ")});`;
    },
  };
}

/** Returns units of signed bytes, four in a word. */
function bytes(words: "u64" | "u32", group: 8 | 4): Units {
  const list = wordsOf(words, 4);
  const byte = (word: string, i: number) => i === 3 ? word : `${word} << ${24 - 8 * i}u`;
  const vector = (...parts: string[]) =>
    `vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(${parts.join(", ")})) >> vec4<u32>(24u))`;
  return {
    key: `bytes ${words}`,
    size: words === "u64" ? 32 : 16,
    array: `array<vec4<${words}>>`,
    functions: "",
    load: words === "u64" ? loadWide : simple,
    unpack: (name, raw, g, factor) => {
      const times = factor ? ` * ${factor}` : "";
      if (group === 4) {
        return `let ${name} = ${vector(...range(4).map((i) => byte(list(raw)[g], i)))}${times};`;
      }
      const [first, second] = list(raw).slice(2 * g, 2 * g + 2);
      const pick = (i: number) =>
        vector(byte(first, i), byte(first, i + 2), byte(second, i), byte(second, i + 2)) + times;
      return `let ${name}l = ${pick(0)};\nlet ${name}h = ${pick(1)};`;
    },
  };
}
