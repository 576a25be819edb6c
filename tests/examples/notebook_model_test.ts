// The model that the notebooks look into: found in the cache at once, else the quickstart's, which is then said.
import assert from "node:assert/strict";
import { savedModel } from "../../examples/notebook_model/find.ts";
import { modelFolder } from "../../examples/notebook_model/recipe.ts";
import { runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

Deno.test("notebooks take the model of the recipe, else the quickstart's, and say which", () =>
  inFolder(async (folder) => {
    const before = Deno.env.get("LLAMERO_HOME");
    Deno.env.set("LLAMERO_HOME", `${folder}/home`);
    try {
      const quickstart = `${folder}/quickstart`;
      assert.equal(await savedModel(quickstart), undefined);
      await Deno.mkdir(quickstart);
      const second = await savedModel(quickstart);
      assert.equal(second?.folder, quickstart);
      assert.match(second.about, /^The quickstart's model\. `deno task notebook-model` trains a better one/);
      const best = await modelFolder();
      assert.ok(best.startsWith(`${folder}/home/models/notebook-`), best);
      await Deno.mkdir(best, { recursive: true });
      assert.equal((await savedModel(quickstart))?.folder, best);

      const env = { LLAMERO_HOME: `${folder}/home` };
      const { code, stdout } = await runDeno(["run", "-A", "examples/notebook_model.ts"], { env });
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `The model is there: ${best}\n` });
    } finally {
      if (before === undefined) Deno.env.delete("LLAMERO_HOME");
      else Deno.env.set("LLAMERO_HOME", before);
    }
  }));
