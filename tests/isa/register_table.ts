/**
 * The register table: what the compilers of several cards make of each kernel.
 *
 * @module
 */
import { table } from "../../src/display/mod.ts";
import { wideText } from "../support/wide_text.ts";
import { type Card, cards } from "./cards.ts";
import { type CompiledKernel, multiplyAddShares } from "./shader_stats.ts";

/** The kernels of a family, by card. */
export type Compiled = Partial<Record<Card, readonly CompiledKernel[]>>;

/** Explanation under the head of a table, for readers. */
export function tableNote(compiled: Compiled): string {
  const names = cardsOf(compiled).map((card) => cards[card]);
  return `Figures of ${
    names.join(" / ")
  }, one where they agree. Of several texts with one name (row lengths, types of ` +
    `tensors) the worst is shown. Registers: of a lane, of 256. Waves: held by a SIMD unit at once, of 32 lanes on Navi ` +
    `(at most 32), of 64 on Vega (at most 10). Multiply-adds: % of the vector instructions, in the whole text and in ` +
    `the loop that holds most of them.`;
}

function cardsOf(compiled: Compiled): Card[] {
  return (Object.keys(cards) as Card[]).filter((card) => compiled[card]);
}

/** Returns the table as text, a row per name of a kernel. */
export function registerTable(compiled: Compiled): string {
  const all = cardsOf(compiled).map((card) => Map.groupBy(compiled[card]!, ({ name }) => name));
  const names = [...new Set(all.flatMap((byName) => [...byName.keys()]))];
  return wideText(table(names.map((name) => row(name, all.map((byName) => byName.get(name) ?? [])))));
}

/** Returns the row of a kernel; `texts` are those with its name, by card. */
function row(name: string, texts: readonly (readonly CompiledKernel[])[]): Record<string, unknown> {
  const most = (of: (kernel: CompiledKernel) => number) =>
    joined(texts.map((kernels) => kernels.length ? `${Math.max(...kernels.map(of))}` : "-"));
  const least = (of: (kernel: CompiledKernel) => number) =>
    joined(texts.map((kernels) => kernels.length ? `${Math.min(...kernels.map(of))}` : "-"));
  const percent = (of: (kernel: CompiledKernel) => number | undefined) =>
    joined(texts.map((kernels) => {
      const shares = kernels.map(of).filter((share) => share !== undefined);
      return shares.length ? `${Math.round(100 * Math.min(...shares))}` : "-";
    }));
  return {
    kernel: name,
    texts: Math.max(...texts.map((kernels) => kernels.length)),
    registers: most(({ stats }) => stats.registers),
    spilled: most(({ stats }) => stats.spilled),
    "scratch, bytes": most(({ stats }) => stats.scratch),
    "workgroup, bytes": most(({ stats }) => stats.workgroupMemory),
    waves: least(({ stats }) => stats.waves),
    instructions: most(({ stats }) => stats.instructions),
    "multiply-adds, %": percent(({ assembly }) => multiplyAddShares(assembly).all),
    "in the loop, %": percent(({ assembly }) => multiplyAddShares(assembly).loop),
  };
}

/** Returns the values of all cards, or one where they agree. */
function joined(values: readonly string[]): string {
  return new Set(values).size === 1 ? values[0] : values.join(" / ");
}
