// Random runs on ranks: D in 1..4, t in 1, 2, 4, odd sizes, both number formats, adapters, stops at any step. Others than
// these by LLAMERO_SEEDS, such as 100-140.
import { half } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { checkRandomRun } from "../train/ranks/random_run.ts";

const [first, last] = (Deno.env.get("LLAMERO_SEEDS") ?? "12-21").split("-").map(Number);

for (let seed = first; seed <= last; seed++) {
  Deno.test(`a random run has the bits of its law on other ranks: seed ${seed}`, async () => {
    await inFolder((folder) => checkRandomRun(folder, seed, half));
  });
}
