/**
 * A run in a process without permission to write its checkpoints: it prints the error that ended it.
 *
 * @module
 */
import { quiet, short, tinyModel, tokens } from "../support.ts";

/** Trains with checkpoints in `folder`, and prints the error and the number of steps. */
export async function chainIn(folder: string): Promise<void> {
  const trainer = quiet(await tinyModel(), { checkpoint: folder }).pretrain(tokens(8), {
    ...short,
    steps: 3,
  });
  const run = trainer.run({ display: false });
  await run.finished.catch((error) => console.log(error.name, error.message));
  console.log(`${run.history.length} steps`);
}
