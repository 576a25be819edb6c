/**
 * The paper in miniature with tiny settings, for tests that kill it at any moment; started again, it goes on.
 *
 * @module
 */
import { runPaper } from "../../examples/paper/run/paper.ts";
import { RunFolder } from "../../examples/paper/run/run_folder.ts";

if (import.meta.main) {
  await runPaper(
    new RunFolder({
      out: Deno.args[0],
      world: { small: true, seed: 1 },
      vocabSize: 400,
      shape: { dim: 32, layers: 1, heads: 2 },
      context: 128,
      pretrain: { steps: 24, batchTokens: 256, learningRate: 3e-3, warmup: 4, scoreEvery: 8 },
      instruct: { steps: 16, batchTokens: 256, learningRate: 3e-3 },
      heldWindows: 1,
      watchedItems: 2,
      items: 2,
      askedInstructions: 4,
    }),
  );
  Deno.exit(0);
}
