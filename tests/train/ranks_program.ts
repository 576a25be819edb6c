/**
 * A training process for tests that start it as several ranks; the first argument says what it does, the second is the
 * folder of its checkpoints. Rank 0 prints the process ids of all ranks and the events of the run.
 *
 * @module
 */
import { gatherValues } from "../../src/base/exchange.ts";
import { DataError } from "../../src/base/errors.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { Model } from "../../src/model/mod.ts";
import { world } from "../../src/parallel/mod.ts";
import { rankChain, unreadable } from "./ranks_chain.ts";
import { tinyModel, tokens } from "./support.ts";

if (import.meta.main) {
  const [how, folder] = Deno.args;
  if (how === "bad option") await Model.create("no such preset");
  using model = await tinyModel();
  const ranks = stateOf(model).ranks.world;
  const ids = await gatherValues(ranks, Deno.pid, "processes");
  if (world.first && how !== "show") console.log(`processes ${ids.join(" ")}`);
  const data = tokens(58);
  if (how === "data error" && world.rank === 1) unreadable(data, 38, new DataError("window 38 is gone"));
  const steps = how === "long" ? 2000 : 12;
  const trainer = rankChain(model, folder, data, { steps, timeout: how === "hang" ? 4 : undefined });
  const options = { display: how === "show" } as const;
  const run = how === "resume" ? trainer.resume(folder, options) : trainer.run(options);
  for await (const { type, step } of run.events()) {
    if (world.first && how !== "show") console.log(`${type} ${step}`);
    if (world.rank !== 1 || step !== 7) continue;
    if (how === "kill") Deno.kill(Deno.pid, "SIGKILL");
    if (how === "hang") Deno.kill(Deno.pid, "SIGSTOP");
  }
  const { status } = await run;
  if (world.first) console.log(status);
}
