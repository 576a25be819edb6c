// Random runs on ranks of this process against one process and against other ranks; tests/full has more of them.
import { inFolder } from "../../support/folder.ts";
import { checkRandomRun } from "./random_run.ts";

for (const seed of [4, 11]) {
  Deno.test(`a random run has the bits of its law on other ranks: seed ${seed}`, async () => {
    await inFolder((folder) => checkRandomRun(folder, seed, false));
  });
}
