import assert from "node:assert/strict";
import { join } from "node:path";
import { computedImports } from "../repo/rules.ts";
import { type Outcome, runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";
import { forget, packageFiles, publishedFiles, type Registry, rewrite, serve } from "./registry.ts";

/** Runs or checks `script` in a folder outside the repository whose deno.json maps the package to `registry`. */
async function consume(registry: Registry, script: string, task: "run" | "check"): Promise<Outcome> {
  return await inFolder(async (folder) => {
    try {
      const config = { imports: { "@llamero/sdk": `${registry.url}mod.ts` } };
      await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
      await Deno.writeTextFile(join(folder, "consumer.ts"), script);
      const flags = task === "run"
        ? ["run", "-A"]
        : ["check", `--allow-import=${new URL(registry.url).host}`];
      return await runDeno([...flags, "consumer.ts"], { cwd: folder });
    } finally {
      await forget(registry);
    }
  });
}

Deno.test("a text import of .wgsl and a rewritten package name work over http", async () => {
  const mod = `import code from "./src/x.wgsl" with { type: "text" };
import { z } from "zod";
export const length: number = z.number().parse(code.length);
`;
  const files = new Map([
    ["mod.ts", rewrite(mod, { zod: "npm:zod@^4.1.0" })],
    ["src/x.wgsl", "fn main() {}\n"],
  ]);
  await using registry = serve(files);
  const script =
    `import { length } from "@llamero/sdk";\nconst n: number = length;\nconsole.log("length", n);\n`;
  const run = await consume(registry, script, "run");
  assert.match(run.stdout, /^length 13$/m, run.stderr);
  assert.equal((await consume(registry, script, "check")).code, 0);
  const wrong = await consume(registry, script.replace("n: number", "n: string"), "check");
  assert.match(wrong.stderr, /TS2322/, "types are checked over http too");
  assert.ok(registry.asked.includes("src/x.wgsl"));
});

Deno.test("names of the import map are rewritten, other text is not", () => {
  const imports = { zod: "npm:zod@^4.1.0", "@llamero/sdk": "./mod.ts" };
  const source = `import { z } from "zod"; import "zod/v4"; import "./zod"; import "zodiac"; // from "zod"\n`;
  assert.equal(
    rewrite(source, imports),
    `import { z } from "npm:zod@^4.1.0"; import "npm:zod@^4.1.0/v4"; import "./zod"; import "zodiac"; // from "zod"\n`,
  );
});

Deno.test("the package holds the source and nothing else", async () => {
  const files = await publishedFiles();
  const odd = files.filter((file) =>
    !/^(src\/.+\.(ts|wgsl|json|py)|(mod\.ts|deno\.json|[A-Z]+(\.md)?))$/.test(file)
  );
  assert.deepEqual(odd, []);
  for (const file of ["mod.ts", "deno.json", "LICENSE", "README.md"]) assert.ok(files.includes(file), file);
});

Deno.test("publishing warns of nothing but the imports that are computed on purpose", async () => {
  const { code, stderr } = await runDeno(["publish", "--dry-run", "--allow-dirty"]);
  assert.equal(code, 0, stderr);
  const kinds = [...stderr.matchAll(/^(?:warning|error)\[([\w-]+)\]/gm)].map((hit) => hit[1]);
  const places = [...stderr.matchAll(/^ +--> .*?(src\/[^:]+|mod\.ts):/gm)].map((hit) => hit[1]);
  assert.deepEqual(places.sort(), [...computedImports].sort(), stderr);
  assert.deepEqual(kinds, computedImports.map(() => "unanalyzable-dynamic-import"));
});

Deno.test("a consumer outside the repository imports the package over http", async () => {
  await using registry = serve(await packageFiles());
  const script = await Deno.readTextFile(new URL("consumer.ts", import.meta.url));
  const { code, stdout, stderr } = await consume(registry, script, "run");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^The package exports .*Dataset.*Evaluator.*Model.*Tokenizer.*Trainer/m);
  assert.match(stdout, /^The loss fell from .*: true$/m, "it trains");
  assert.match(stdout, /^It wrote something$/m, "it generates");
  assert.equal((await consume(registry, script, "check")).code, 0, "the script type-checks");
});
