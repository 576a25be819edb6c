import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { importTouches } from "./import_probe.ts";
import { importsOf } from "./imports.ts";
import { inspect } from "./rules.ts";
import { readConfig, readTree, root, runDeno } from "./tree.ts";

const config = readConfig();
const files = readTree(".", (path) => /\.(ts|wgsl)$/.test(path));
const sources = files.map((file) => file.path).filter((path) => /^(src\/.*|mod)\.ts$/.test(path));

Deno.test("the tree keeps its layers, fences and style", () => {
  assert.ok(sources.length > 5, `only ${sources.length} source files were found`);
  const found = inspect(files, Object.keys(config.imports));
  assert.equal(found.length, 0, `${found.length} complaints:\n${found.join("\n")}`);
});

Deno.test("the scanner sees the imports that Deno sees", async () => {
  const { code, stdout, stderr } = await runDeno(["info", "--json", join(root, "mod.ts")]);
  assert.equal(code, 0, stderr);
  const graph: { modules: { local?: string; dependencies?: { specifier: string }[] }[] } = JSON.parse(stdout);
  const wanted = new Map(graph.modules.map((module) => [module.local, module.dependencies ?? []]));
  const seen = files.filter((file) => sources.includes(file.path) && wanted.has(join(root, file.path)));
  assert.ok(seen.length > 0, "mod.ts leads to no source file");
  for (const { path, text } of seen) {
    const theirs = new Set(wanted.get(join(root, path))!.map((dependency) => dependency.specifier));
    const ours = new Set(importsOf(text).flatMap(({ specifier }) => specifier ?? []));
    assert.deepEqual([...ours].sort(), [...theirs].sort(), path);
  }
});

Deno.test("importing any source file touches nothing of Deno but the notebook's door", async () => {
  const touches = await importTouches(sources.map((path) => join(root, path)));
  const wrong = touches.filter((touch) => touch.property !== "jupyter");
  assert.deepEqual(wrong, []);
});

/** Programs that are exported beside the folders, to be started by their address. */
const programs = ["src/train/launch.ts", "src/train/rank.ts"];

Deno.test("every folder with a mod.ts and every program is exported, and every export exists", () => {
  const folders = sources.filter((path) => /^src\/[^/]+\/mod\.ts$/.test(path) || programs.includes(path));
  const wanted = ["./mod.ts", ...folders.map((path) => `./${path}`)];
  assert.deepEqual(Object.values(config.exports).sort(), wanted.sort());
  for (const path of wanted) assert.ok(existsSync(join(root, path)), `${path} is missing`);
});
