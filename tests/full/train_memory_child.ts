/**
 * A run in a process with too little memory for its micro-batch: it prints warnings and loss.
 *
 * @module
 */
import { Dataset } from "../../src/data/mod.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { chainRows, quiet } from "../train/support.ts";

/** Trains with an address space for three quarters of the memory that the steps need. */
async function trainInLittleMemory(): Promise<void> {
  const device = await openDevice();
  const shape = { dim: 128, layers: 6, heads: 4, hidden: 384, vocabSize: 50, context: 256 };
  const model = await Model.create(shape, { device });
  const rows = Dataset.tokens(chainRows(64, 256));
  const options = { batchTokens: 64 * 256, microBatch: 64, steps: 1, validation: false } as const;
  const { cost } = quiet(model).pretrain(rows, options).plan().stages[0];
  console.log(`planned ${cost.bytes.total} bytes`);
  const used = 1024 * Number(Deno.readTextFileSync("/proc/self/status").match(/VmSize:\s+(\d+)/)![1]);
  const limit = Math.round(used + 0.75 * cost.bytes.total);
  const { success } = await new Deno.Command("prlimit", { args: ["--pid", `${Deno.pid}`, `--as=${limit}`] })
    .output();
  if (!success) throw new Error("prlimit did not limit the address space");
  const { warnings, history, exact } = await quiet(model).pretrain(rows, options).run({ display: false });
  console.log(`${warnings.join()}\n${history.length} steps, loss ${history[0].loss}, exact ${exact}`);
}

await trainInLittleMemory();
