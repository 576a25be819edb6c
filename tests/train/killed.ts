/**
 * A training process for tests that kill it: it prints its events and saves every eight steps.
 *
 * @module
 */
import { quiet, short, tinyModel, tokens } from "./support.ts";
import type { Trainer } from "../../src/train/mod.ts";
import type { Model } from "../../src/model/mod.ts";

/** Makes the trainer of the run that is killed, and of the run that it is compared with. */
export function longRun(model: Model, checkpoint?: string, lora = false): Trainer {
  return quiet(model, { checkpoint })
    .pretrain(tokens(9), { ...short, steps: 25, checkpointEvery: 8, validation: false, lora });
}

if (import.meta.main) {
  const run = longRun(await tinyModel(), Deno.args[0], Deno.args[1] === "lora").run({ display: false });
  for await (const event of run.events()) console.log(JSON.stringify(event));
  await run;
}
