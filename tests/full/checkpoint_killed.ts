/**
 * A run of several ranks that saves every three of six steps; with `kill`, the rank that writes moments ends in the middle of
 * the second checkpoint.
 *
 *     mpirun -n 2 deno run -A checkpoint_killed.ts FOLDER run|kill|resume
 *
 * @module
 */
import { Model, Trainer } from "../../mod.ts";
import { tokens } from "../train/support.ts";

const [folder, action] = Deno.args;
if (action === "kill") {
  const { open } = Deno;
  Deno.open = (path, options) => {
    if (options?.createNew && /step-000006.*optimizer/.test(String(path))) Deno.kill(Deno.pid, "SIGKILL");
    return open(path, options);
  };
}
const shape = { dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 53, vocabSize: 50, context: 12 };
using model = await Model.create(shape, { seed: 3 });
const length = { steps: 6, batchTokens: 48, checkpointEvery: 3, validation: false } as const;
const trainer = new Trainer(model, { checkpoint: folder, seed: 1, parallel: { lanes: 2 } })
  .pretrain(tokens(8), length);
const { exact } = await (action === "resume" ? trainer.resume(folder) : trainer.run());
if (!exact) Deno.exit(3);
