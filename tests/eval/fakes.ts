/**
 * Fake models that are functions, and made-up PIQA files, for the tests of the evaluation.
 *
 * @module
 */
import { Random } from "../../src/base/random.ts";
import type { EvalModel } from "../../src/eval/mod.ts";
import { inFolder } from "../support/folder.ts";

/** Makes a model whose log-probability of a continuation is a function; it records every batch. */
export function scorer(
  logProb: (prompt: string, continuation: string) => number,
  tokens: (continuation: string) => number = () => 1,
): EvalModel & { batches: (readonly [string, string])[][] } {
  const batches: (readonly [string, string])[][] = [];
  return {
    name: "fake",
    batches,
    scoreBatch(pairs) {
      batches.push([...pairs]);
      return Promise.resolve(pairs.map(([prompt, continuation]) => ({
        logProb: logProb(prompt, continuation),
        tokens: tokens(continuation),
      })));
    },
  };
}

/** Makes a model whose texts are the results of a function; it records every prompt. */
export function writer(
  write: (prompt: string | Uint32Array) => string,
): EvalModel & { prompts: (string | Uint32Array)[] } {
  const prompts: (string | Uint32Array)[] = [];
  return {
    name: "writer",
    prompts,
    generate(prompt) {
      prompts.push(prompt);
      return { text: () => Promise.resolve(write(prompt)) };
    },
  };
}

/** Returns a tokenizer with one token per character, and a context. */
export function characters(context: number): Required<Pick<EvalModel, "tokenizer" | "config">> {
  return {
    config: { context },
    tokenizer: {
      fingerprint: "characters",
      encode: (text, { bos = false } = {}) =>
        Uint32Array.from([...bos ? [1] : [], ...[...text].map((c) => c.codePointAt(0)!)]),
    },
  };
}

/** A row of PIQA. */
export interface PiqaRow {
  goal: string;
  sol1: string;
  sol2: string;
}

/** Makes `count` rows of made-up words, and their labels. */
export function piqaLike(count: number, seed = 5): { rows: PiqaRow[]; labels: number[] } {
  const random = new Random(seed);
  const words = (maxWords: number) =>
    Array.from({ length: 1 + random.below(maxWords) }, () => `w${random.below(1000)}`).join(" ");
  const rows = Array.from({ length: count }, (_, i) => ({
    goal: `${words(5)} number ${i}`,
    sol1: `${words(8)} a${i}`,
    sol2: `${words(8)} b${i}`,
  }));
  return { rows, labels: rows.map(() => random.below(2)) };
}

/** Writes objects as JSON lines. */
export function jsonl(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Runs `fn` in a temporary folder with these files in it; a name may have one folder in front. */
export async function withFiles(
  files: Record<string, string>,
  fn: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    await fn(folder);
  });
}
