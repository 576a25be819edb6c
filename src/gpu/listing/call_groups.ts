/**
 * The calls of a program by parts of the model: neighbouring calls of a block and a direction are a group.
 *
 * @module
 */
import type { Call } from "../call.ts";
import { bytesOfCall, kindOf, partOf, type Pass, passOf } from "./call_facts.ts";

/** Neighbouring calls of one part of the model, of one direction. */
export interface CallGroup {
  /** The part, such as `block 3`. */
  part: string;
  /** Its direction. */
  pass: Pass;
  /** Index of its first call. */
  first: number;
  /** Index after its last call. */
  end: number;
  /** Floating-point operations that its calls count. */
  flop: number;
  /** Bytes of the tensors of its calls. */
  bytes: number;
  /** An earlier group that runs the same kernels on the same shapes, as its place in the list. */
  like?: number;
}

/** Returns the groups of a program, whose first `forwardCalls` calls are the forward pass. */
export function groupsOf(calls: readonly Call[], forwardCalls: number): CallGroup[] {
  const groups: CallGroup[] = [];
  calls.forEach((call, i) => {
    const part = partOf(call);
    const pass = passOf(i, forwardCalls, calls);
    let last = groups.at(-1);
    if (last?.part !== part || last.pass !== pass) {
      groups.push(last = { part, pass, first: i, end: i, flop: 0, bytes: 0 });
    }
    last.end = i + 1;
    last.flop += call.flop;
    last.bytes += bytesOfCall(call);
  });
  const known = new Map<string, number>();
  groups.forEach((group, n) => {
    const kinds = calls.slice(group.first, group.end).map(kindOf).join("\n");
    const earlier = known.get(kinds);
    if (earlier === undefined) known.set(kinds, n);
    else if (group.end - group.first > 1) group.like = earlier;
  });
  return groups;
}
