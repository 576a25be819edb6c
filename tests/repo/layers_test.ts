import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** Modules that are imported at their first use. */
const loadedLater = [
  "src/parallel/mpi/open_mpi.ts",
  "src/parallel/start_ranks.ts",
  "src/parallel/loopback.ts",
  "src/train/launch_run.ts",
  "src/train/loop/run_stages.ts",
  "src/train/checkpoints/checkpoint.ts",
  "src/model/training/parallel/parallel_step.ts",
  "src/model/planning/measure_network.ts",
  "src/model/lifecycle/load_model.ts",
  "src/data/dedup/jobs/near_chain.ts",
  "src/data/dedup/jobs/exact_chain.ts",
  "src/data/parts/write_part.ts",
  "src/data/corpora/wikitext.ts",
  "src/data/corpora/latex/tex_macros.ts",
];

Deno.test("importing mod.ts loads no module that waits for its first use", () => {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const loaded = new Set(["mod.ts"]);
  for (const path of loaded) {
    for (const { specifier, form } of importsOf(texts.get(path) ?? "")) {
      if (form === "static" && specifier?.startsWith(".")) loaded.add(join(dirname(path), specifier));
    }
  }
  assert.ok(loaded.has("src/train/run.ts"), "the imports of mod.ts were not followed");
  for (const path of loadedLater) {
    assert.ok(texts.has(path), `${path} is missing`);
    assert.ok(!loaded.has(path), `${path} is loaded by mod.ts: import() it where it is used`);
  }
});

/** Programs that are exported beside the folders, to be started by their address. */
const programs = ["src/train/launch.ts", "src/train/rank.ts"];

Deno.test("every folder with a mod.ts and every program is exported, and every export exists", () => {
  const folders = sources.filter((path) => /^src\/[^/]+\/mod\.ts$/.test(path) || programs.includes(path));
  const wanted = ["./mod.ts", ...folders.map((path) => `./${path}`)];
  assert.deepEqual(Object.values(config.exports).sort(), wanted.sort());
  for (const path of wanted) assert.ok(existsSync(join(root, path)), `${path} is missing`);
});
