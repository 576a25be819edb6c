/**
 * A process that writes or tokenizes and is there to be killed: it prints a line when it has come far enough.
 *
 * @module
 */
import { type Job, jobOf } from "../../src/base/job.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { ByteEncoder } from "./fixtures.ts";

/** Returns 6,000 documents of about 600 bytes; `told` is told the number of each one that is read. */
export function documents(told?: (n: number) => void): Dataset {
  return Dataset.from(function* made() {
    for (let n = 0; n < 6000; n++) {
      told?.(n);
      yield { text: `${n} ${"text of some length, ".repeat(20 + (n * 7) % 17)}`, id: `${n}`, source: "made" };
    }
  }, { version: 1 });
}

/** Writes the shards; one step can be done by workers. */
export async function writeAll(folder: string, told?: (n: number) => void, workers = 0): Promise<void> {
  const some = documents(told).filter(({ id }) => !id.endsWith("7"), { name: "no sevens", version: 1 });
  await some.language({ min: 0 })
    .write(`${folder}/part-*.jsonl.gz`, { shardBytes: 200_000, rejects: `${folder}/rejects.jsonl`, workers });
}

/** Makes the token shards; returns the number of documents that were tokenized. */
export async function tokenizeAll(dir: string, told?: (n: number) => void, workers = 0): Promise<number> {
  const encoder = new CountedEncoder();
  (await documents(told).tokenize(encoder, { context: 64, dir }).prepare({ workers })).close();
  return encoder.counter[0];
}

/** Counts texts in memory that workers share. */
class CountedEncoder extends ByteEncoder {
  constructor(readonly counter = new Int32Array(new SharedArrayBuffer(4))) {
    super();
  }

  override encode(...given: Parameters<ByteEncoder["encode"]>): Uint32Array {
    Atomics.add(this.counter, 0, 1);
    return super.encode(...given);
  }

  job(): Job {
    return jobOf(import.meta.url, this.counter, countedEncoder);
  }
}

/** Makes the encoder in a worker. */
export function countedEncoder(counter: Int32Array<SharedArrayBuffer>): CountedEncoder {
  return new CountedEncoder(counter);
}

if (import.meta.main) {
  const [what, folder, workers] = Deno.args;
  const told = (n: number) => {
    if (n !== 4500) return;
    console.log("far enough");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  };
  await (what === "write" ? writeAll : tokenizeAll)(folder, told, Number(workers));
}
