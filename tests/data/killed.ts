/**
 * A process that writes or tokenizes and is there to be killed: it prints a line when it has come far enough.
 *
 * @module
 */
import { Dataset } from "../../src/data/dataset.ts";
import { ByteEncoder } from "./fixtures.ts";

/** 6,000 documents of about 600 bytes; from the `from`-th on, reading them tells so. */
export function documents(told?: (n: number) => void): Dataset {
  return Dataset.from(function* made() {
    for (let n = 0; n < 6000; n++) {
      told?.(n);
      yield { text: `${n} ${"text of some length, ".repeat(20 + (n * 7) % 17)}`, id: `${n}`, source: "made" };
    }
  }, { version: 1 });
}

/** Writes the shards. */
export async function writeAll(folder: string, told?: (n: number) => void): Promise<void> {
  await documents(told).filter(({ id }) => !id.endsWith("7"), { name: "no sevens", version: 1 })
    .write(`${folder}/part-*.jsonl.gz`, { shardBytes: 200_000, rejects: `${folder}/rejects.jsonl` });
}

/** Makes the token shards; returns how many documents were tokenized. */
export async function tokenizeAll(dir: string, told?: (n: number) => void): Promise<number> {
  const encoder = new ByteEncoder();
  (await documents(told).tokenize(encoder, { context: 64, dir }).prepare()).close();
  return encoder.calls;
}

if (import.meta.main) {
  const [what, folder] = Deno.args;
  const told = (n: number) => {
    if (n !== 4500) return;
    console.log("far enough");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  };
  await (what === "write" ? writeAll : tokenizeAll)(folder, told);
}
