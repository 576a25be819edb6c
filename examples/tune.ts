/**
 * Shows the kernels of the matrix product that this machine's adapter takes, with the tuner's measurements.
 *
 *     deno task tune
 *     deno task tune --measure
 *
 * A GPU is measured where that was not done before; a software adapter takes the built-in table unless asked to measure.
 *
 * @module
 */
import { openDevice } from "@llamero/sdk/gpu";
import { tune } from "@llamero/sdk/ops";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { runMain } from "./cli/main.ts";

const flags = z.strictObject({
  measure: z.boolean().default(false).describe("measure a software adapter too"),
});
const { measure } = await readFlags(flags, "tune", "Shows the kernels of the matrix product.");

await runMain(async () => {
  const tuning = await tune(await openDevice(), { measure, whole: true });
  await tuning.show();
  if (tuning.from === "built in" && !measure) console.log("Measure with: deno task tune --measure");
});
