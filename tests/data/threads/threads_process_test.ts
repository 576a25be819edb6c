// Workers and their process: they load over the network like the other modules, and never keep the process alive.
import assert from "node:assert/strict";
import { forget, packageFiles, serve } from "../../consumer/registry.ts";
import { root, runDeno } from "../../repo/tree.ts";
import { inFolder } from "../../support/folder.ts";

const script = (url: string) => `
import { Dataset } from "${url}";
const speeches = await Dataset.sample("sotu").take(20).toArray();
const kept = await Dataset.from(speeches).language({ keep: "en" }).clean({ badWords: false }).toArray({ workers: 2 });
console.log("kept", kept.length);
`;

Deno.test("workers start where the package comes over http, and the process ends", async () => {
  await using registry = serve(await packageFiles());
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.ts`, script(`${registry.url}src/data/mod.ts`));
    const { code, stdout, stderr } = await runDeno(["run", "-A", "--no-check", "a.ts"], { cwd: folder });
    await forget(registry);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^kept 20$/m);
    assert.ok(registry.asked.includes("src/workers/worker.ts"), "no worker was started");
  });
});

Deno.test("where workers may not start, and where an iteration is left hanging, the process ends as well", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/a.ts`,
      `
import { Dataset } from "${root}/src/data/mod.ts";
import { Pass } from "${root}/src/data/plan/pass.ts";
import { entriesOf } from "${root}/src/data/plan/plan.ts";
const speeches = await Dataset.sample("sotu").take(20).toArray();
const { Worker } = globalThis;
globalThis.Worker = class { constructor() { console.log("refused"); throw new Deno.errors.NotCapable("no workers here"); } };
console.log("kept", (await Dataset.from(speeches).clean({ badWords: false }).toArray({ workers: 2 })).length);
globalThis.Worker = Worker;
const { plan } = Dataset.from(speeches).language();
const left = entriesOf(plan, new Pass({ workers: 2 }));
await left.next();
`,
    );
    const { code, stdout, stderr } = await runDeno([
      "run",
      "-A",
      "--no-check",
      "--config",
      `${root}/deno.json`,
      `${folder}/a.ts`,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^refused$[^]*^kept 20$/m);
  });
});
