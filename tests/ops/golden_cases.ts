// The cases of tests/golden/ops.
import assert from "node:assert/strict";
import { goldenJson, goldenTensors } from "../support/golden.ts";

/** The shape of an output and its tolerance. */
interface Tolerance {
  shape: number[];
  rtol: number;
  atol: number;
  row_rel?: number;
}
/** A case of tests/golden/ops/ops.json. */
export interface Case {
  id: string;
  op: string;
  inputs: Record<string, { shape: number[]; dtype: "f32" | "i32" }>;
  outputs: Record<string, Tolerance>;
  attrs: Record<string, number & string>;
}
/** Arrays by name. */
export type Arrays = Record<string, Float32Array<ArrayBuffer>>;

/** All cases. */
export const { cases } = goldenJson<{ cases: Case[] }>("ops/ops.json");
/** Inputs and outputs of all cases. */
export const tensors = goldenTensors("ops/ops.safetensors");

/** Returns an input as floats, with -inf as a large finite number: shaders may assume that no infinity occurs. */
export const floats = (c: Case, name: string) =>
  tensors.get(`${c.id}/${name}`)!.data.map((x) => x === -Infinity ? -3e38 : x);
/** Returns an input as integers. */
export const ints = (c: Case, name: string) => tensors.get(`${c.id}/${name}`)!.ints;
/** Returns an input with its shape. */
export const values = (c: Case, name: string) => ({ shape: c.inputs[name].shape, data: floats(c, name) });

/** Asserts that the outputs of a case are within its tolerances. */
export function compare(c: Case, got: Arrays): void {
  for (const [name, t] of Object.entries(c.outputs)) {
    const want = tensors.get(`${c.id}/${name}`)!.data;
    const have = got[name];
    assert.ok(have, `${c.id}: no output ${name}`);
    assert.equal(have.length, want.length, `${c.id}/${name}: length`);
    const cols = t.shape.at(-1) ?? 1;
    have.forEach((g, i) => {
      const row = want.subarray(Math.floor(i / cols) * cols, Math.floor(i / cols) * cols + cols);
      const allowed = t.atol + t.rtol * Math.abs(want[i]) +
        (t.row_rel ?? 0) * row.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
      assert.ok(
        Math.abs(g - want[i]) <= allowed,
        `${c.id}/${name}[${i}]: got ${g}, want ${want[i]} +- ${allowed}`,
      );
    });
  }
}
