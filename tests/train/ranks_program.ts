/**
 * A training process for tests that start it as several ranks; the first argument says what it does, the second is the
 * folder of its checkpoints.
 *
 * @module
 */
import { DataError } from "../../src/base/errors.ts";
import { world } from "../../src/parallel/mod.ts";
import { tinyModel, tokens } from "./support.ts";
import { rankChain, unreadable } from "./ranks_chain.ts";

if (import.meta.main) {
  const [how, folder] = Deno.args;
  using model = await tinyModel();
  const data = tokens(58);
  if (how === "data error" && world.rank === 1) unreadable(data, 38, new DataError("window 38 is gone"));
  const trainer = rankChain(model, folder, data, how === "long" ? 2000 : 12);
  const run = how === "resume" ? trainer.resume(folder) : trainer.run();
  if (how === "kill" && world.rank === 1) {
    for await (const { step } of run.events("step")) if (step === 7) Deno.kill(Deno.pid, "SIGKILL");
  }
  await run;
}
