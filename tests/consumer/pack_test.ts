import assert from "node:assert/strict";
import { npmPackage, problemsOf, tarball, tarballName } from "../../.ci/pack.ts";
import { findTarIn } from "../../src/formats/records/tar.ts";
import { readConfig } from "../repo/tree.ts";

const { name, version, exports, imports } = readConfig();

/** A small package as the files of a tarball. */
function madeUp(files: Record<string, string>): Map<string, Uint8Array> {
  const manifest = {
    exports: { ".": { types: "./mod.d.ts", import: "./mod.js" } },
    dependencies: { zod: "^4.1.0" },
  };
  const all = { "package.json": JSON.stringify(manifest), "mod.d.ts": "", "mod.js": "", ...files };
  return new Map(Object.entries(all).map(([path, text]) => [path, new TextEncoder().encode(text)]));
}

Deno.test("the npm package is whole, and nothing in it needs Deno's loader", async () => {
  const files = await npmPackage();
  assert.deepEqual([...files.keys()].filter((path) => !/\.(js|d\.ts|json|md)$|^LICENSE$/.test(path)), []);
  for (const path of ["mod.js", "mod.d.ts", "src/workers/worker.js", "src/eval/sandbox/guard.py.js"]) {
    assert.ok(files.has(path), path);
  }
  const manifest = JSON.parse(new TextDecoder().decode(files.get("package.json")));
  assert.deepEqual(Object.keys(manifest.exports).sort(), Object.keys(exports).sort());
  assert.equal(manifest.version, version);
  assert.equal(
    manifest.dependencies["@huggingface/tokenizers"],
    imports["@huggingface/tokenizers"].split("@").at(-1),
  );
  assert.ok(!Object.keys(manifest.dependencies).some((name) => /^(@std|@stdlib|pyodide)/.test(name)));
  const code = [...files].filter(([path]) => path.endsWith(".js"))
    .map(([, bytes]) => new TextDecoder().decode(bytes)).join("\n");
  assert.doesNotMatch(code, /\.wgsl" with|@std\/cli\/parse-args"\)|new URL\("[^"]+\.ts"/);
});

Deno.test("a part that is missing is named", () => {
  assert.deepEqual(problemsOf(madeUp({})), []);
  assert.deepEqual(
    problemsOf(madeUp({ "mod.js": `import { z } from "zod"; import "node:path"; import "./a.js";` })),
    [
      "mod.js imports ./a.js, which is missing",
    ],
  );
  assert.deepEqual(problemsOf(madeUp({ "mod.d.ts": `export type { A } from "./a.js";`, "a.js": "" })), [
    "mod.d.ts imports ./a.js, which is missing",
  ]);
  assert.deepEqual(problemsOf(madeUp({ "mod.js": `await import("saxes");` })), [
    "mod.js imports saxes, which is missing",
  ]);
  assert.deepEqual(problemsOf(madeUp({ "mod.js": `new Worker(new URL("./w.js", import.meta.url));` })), [
    "mod.js imports ./w.js, which is missing",
  ]);
  const bare = madeUp({});
  bare.delete("mod.d.ts");
  assert.deepEqual(problemsOf(bare), ["package.json exports ./mod.d.ts, which is missing"]);
});

Deno.test("the tarball is npm's: a gzip of files below package/, the same each time", async () => {
  const files = madeUp({ "src/a.js": "export const a = 1;\n" });
  const packed = await tarball(files);
  assert.deepEqual(packed, await tarball(new Map([...files].reverse())));
  const open = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const found = await Array.fromAsync(findTarIn(await new Response(open).bytes()));
  const names = found.map((file) => "value" in file ? file.value?.name : file);
  assert.deepEqual(
    names,
    ["mod.d.ts", "mod.js", "package.json", "src/a.js"].map((path) => `package/${path}`),
  );
  assert.equal(tarballName(), `${name.slice(1).replace("/", "-")}-${version}.tgz`);
});
