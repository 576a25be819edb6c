import assert from "node:assert/strict";
import { inspect } from "./rules.ts";

const head = "/** An idea. @module */\n";
const packages = ["zod", "@std/cli", "@huggingface/tokenizers", "@llamero/sdk", "@huggingface/jinja"];

/** Complaints about made-up files; each gets a caption in front, so its own first line is line 2. */
function complaints(files: Record<string, string>): string[] {
  const made = Object.entries(files).map(([path, text]) => ({ path, text: head + text }));
  return inspect(made, packages);
}

function refuses(files: Record<string, string>, ...wanted: RegExp[]): void {
  const found = complaints(files);
  assert.equal(found.length, wanted.length, found.join("\n") || "no complaint");
  wanted.forEach((pattern, i) => assert.match(found[i], pattern));
}

Deno.test("a layered tree has nothing to complain about", () => {
  refuses({
    "mod.ts": `export { train } from "./src/train/trainer.ts"; export * from "./src/eval/mod.ts";`,
    "src/train/trainer.ts":
      `import { llama } from "../model/llama.ts"; import "./run.ts"; export const train = llama;`,
    "src/train/run.ts":
      `import type { Random } from "../base/random.ts"; import { createZstd } from "node:zlib";`,
    "src/eval/mod.ts": `import * as jinja from "@huggingface/jinja";`,
    "src/model/architecture/llama.ts":
      `import code from "../ops/rope.wgsl" with { type: "text" }; import "../gpu/device.ts";`,
    "src/base/lazy_package.ts": "await import(`data:text/javascript,${source}`);",
    "src/workers/worker.ts": "await import(module);",
    "src/gpu/adapters/request_adapter.ts": "export const gpu = () => navigator.gpu;",
    "src/base/schema.ts": `import type { z } from "zod";`,
    "src/data/packing/pack.ts":
      `import { z } from "zod"; const schema = z.strictObject({}); navigator.hardwareConcurrency;`,
    "src/tokenizer/files/huggingface.ts": `import { Tokenizer } from "@huggingface/tokenizers";`,
    "src/parallel/mpi.ts": `Deno.dlopen("libmpi.so", {}); await Promise.any([]);`,
    "src/new/parse_args.ts":
      `import type { A } from "@std/cli/parse-args"; await import("@std/cli/parse-args"); import "../eval/mod.ts";`,
    "examples/cli/args.ts": `import "../../src/new/parse_args.ts";`,
    "examples/quickstart.ts":
      `import "@llamero/sdk"; import "../mod.ts"; import "./cli/args.ts"; import "@llamero/sdk/gpu";`,
  });
});

Deno.test("an upward import is refused, of whatever form", () => {
  const wanted = /src\/ops\/rope\.ts:2: imports upward: src\/ops may not see src\/model/;
  refuses({ "src/ops/rope.ts": `import { a } from "../model/a.ts";` }, wanted);
  refuses({ "src/ops/rope.ts": `import type { A } from "../model/a.ts";` }, wanted);
  refuses({ "src/ops/rope.ts": `export { a } from "../model/a.ts";` }, wanted);
  refuses({ "src/ops/rope.ts": `const a = () => import("../model/a.ts");` }, wanted);
  refuses({ "src/ops/rope.ts": `type A = import("../model/a.ts").A;` }, wanted);
  refuses({ "src/eval/x.ts": `import "../../mod.ts";` }, /imports upward/);
  refuses({ "mod.ts": `import "./examples/cli/args.ts";` }, /imports upward/);
});

Deno.test("a sideways import is refused", () => {
  refuses({ "src/train/run.ts": `import "../eval/report.ts";` }, /imports sideways/);
  refuses({ "src/gpu/memory.ts": `import "../data/dataset.ts";` }, /imports sideways/);
  refuses({ "src/formats/bytes.ts": `import "../display/table.ts";` }, /imports sideways/);
});

Deno.test("an upward import inside a layer is refused, and so is a place without an order", () => {
  refuses(
    { "src/model/weights/a.ts": `import "../generation/b.ts";` },
    /imports upward inside the layer: weights may not see generation/,
  );
  refuses({ "src/model/generation/a.ts": `import "../weights/b.ts";` });
  refuses(
    { "src/data/document.ts": `import type { D } from "./dataset.ts";` },
    /document\.ts may not see dataset\.ts/,
  );
  refuses({ "src/data/new/a.ts": `import "../document.ts";` }, /new is not in the order of its layer/);
});

Deno.test("a basename that stands twice is refused, a mod.ts is not", () => {
  refuses({ "src/data/io/text.ts": "", "src/formats/records/text.ts": "" }, /text\.ts stands 2 times/);
  refuses({ "src/data/mod.ts": "", "src/formats/mod.ts": "" });
});

Deno.test("a crowded folder is refused, a registry is not", () => {
  const many = (folder: string, count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${folder}/f${i}.ts`, ""]));
  refuses(many("src/data/io", 14));
  refuses(many("src/data/io", 15), /src\/data\/io holds 15 files, at most 14/);
  refuses(many("src/eval/benchmarks", 15));
});

Deno.test("a test that mirrors no source file is refused", () => {
  refuses({ "src/data/io/text.ts": "", "tests/data/io/text_test.ts": "" });
  refuses({ "tests/data/io/io_readers_test.ts": "", "tests/data/data_kill_test.ts": "" });
  refuses({ "tests/data/io/readers_test.ts": "" }, /readers_test\.ts mirrors nothing/);
  refuses({ "tests/full/kill_test.ts": "" });
});

Deno.test("a folder without a layer and a computed path are refused", () => {
  refuses({ "src/utils/x.ts": `import "./y.ts";` }, /src\/utils is on no layer/);
  refuses({ "src/x.ts": "" }, /src\/x\.ts is on no layer/);
  refuses({ "src/base/x.ts": `import "../../tests/y.ts";` }, /tests\/y\.ts, which is on no layer/);
  refuses({ "src/base/x.ts": "await import(name);" }, /computed/);
  refuses({ "src/data/x.ts": "await import(`data:text/javascript,${source}`);" }, /computed/);
});

Deno.test("a ring of imports is refused, and one that types close is named so", () => {
  refuses(
    {
      "src/ops/a.ts": `import "./b.ts";`,
      "src/ops/b.ts": `import type { C } from "./c.ts";`,
      "src/ops/c.ts": `import "./a.ts";`,
    },
    /circular \(by a type\): src\/ops\/a\.ts -> src\/ops\/b\.ts -> src\/ops\/c\.ts -> src\/ops\/a\.ts/,
  );
  refuses({ "src/ops/a.ts": `import "./a.ts";` }, /circular: src\/ops\/a\.ts -> src\/ops\/a\.ts/);
});

Deno.test("a package is imported by a name of deno.json, where it may be", () => {
  refuses({ "src/data/x.ts": `import "lodash";` }, /deno\.json does not name/);
  refuses({ "src/data/x.ts": `import "zodiac";` }, /deno\.json does not name/);
  refuses({ "src/data/x.ts": `import "npm:left-pad";` }, /name the package in deno\.json/);
  refuses({ "src/data/x.ts": `import "jsr:@std/cli";` }, /name the package in deno\.json/);
  refuses({ "src/data/x.ts": `await import("@std/cli/parse-args");` }, /@std\/cli may not be imported here/);
  refuses({ "src/new/parse_args.ts": `import "@std/cli";` }, /@std\/cli may not be imported here \(static\)/);
  refuses({ "examples/pretrain.ts": `await import("@std/cli");` }, /@std\/cli may not/);
  refuses({ "src/new/mod.ts": `await import("@std/cli");` }, /@std\/cli may not/);
  refuses({ "src/model/x.ts": `import "@huggingface/tokenizers";` }, /@huggingface\/tokenizers may not/);
  refuses({ "src/model/x.ts": `import "@llamero/sdk";` }, /@llamero\/sdk may not/);
});

Deno.test("zod is for schemas of options and of files", () => {
  refuses(
    { "src/base/schema.ts": `import { z } from "zod"; z.strictObject({});` },
    /zod may not be imported here/,
  );
  refuses({ "src/base/cache.ts": `import type { z } from "zod";` }, /zod may not be imported here/);
  refuses({ "src/ops/rope.ts": `import { z } from "zod"; z.object({});` }, /none stands here/);
});

Deno.test("the GPU and foreign functions have one door each", () => {
  refuses({ "src/gpu/kernel.ts": "await navigator.gpu.requestAdapter();" }, /kernel\.ts:2: navigator\.gpu/);
  refuses({ "src/ops/x.ts": "navigator?.gpu;" }, /navigator\.gpu/);
  refuses(
    { "src/ops/x.ts": `const { gpu } = navigator; navigator["gpu"];` },
    /navigator\.gpu/,
    /navigator\.gpu/,
  );
  refuses({ "src/gpu/kernel.ts": `Deno.dlopen("x", {});` }, /dlopen is for src\/parallel/);
  refuses({ "src/gpu/kernel.ts": `// navigator.gpu and Deno.dlopen\nconst x = "navigator.gpu";` });
});

Deno.test("escapes from the type checker are refused in what ships, not in words about them", () => {
  refuses({ "src/base/x.ts": "let a: any; const b = a as any;" }, /x\.ts:2: escapes/, /x\.ts:2: escapes/);
  refuses({ "src/base/x.ts": "// @ts-ignore\nx;" }, /@ts-ignore/);
  refuses({ "src/base/x.ts": "// deno-lint-ignore no-explicit-any\nx;" }, /deno-lint-ignore/);
  refuses({ "src/base/x.ts": `// any of them\nconst x = "any"; await Promise.any([]);` });
});

Deno.test("a file over 400 lines and one without a caption are refused", () => {
  refuses({ "src/base/x.ts": "x;\n".repeat(399) });
  refuses({ "src/base/x.ts": "x;\n".repeat(400) }, /x\.ts: 401 lines, at most 400/);
  refuses({ "src/ops/x.wgsl": "x;\n".repeat(400) }, /401 lines/);
  const example = " * ```ts\n * f();\n *\n * g();\n * ```\n";
  refuses({ "src/base/x.ts": `/**\n${example} */\n${"x;\n".repeat(397)}` });
  refuses({ "src/base/x.ts": `/**\n${example} */\n${"x;\n".repeat(398)}` }, /401 lines/);
  assert.deepEqual(inspect([{ path: "src/base/x.ts", text: "// no caption\n" }], []), [
    "src/base/x.ts:1: opens without a /** ... @module */ caption",
  ]);
});

Deno.test("a declaration names one variable, the head of a loop may name more", () => {
  refuses({ "src/base/x.ts": "const a = f(1, 2), b = 3;" }, /x\.ts:2: declares several variables/);
  refuses({ "src/base/x.ts": "let a: number, b: string;" }, /declares several variables/);
  refuses({ "src/base/x.ts": "for (let i = 0, n = 3; i < n; i++) {}\nconst m = new Map<string, number>();" });
  refuses({ "src/base/x.ts": "const f = (a: number, b: number) => ({ a, b });\nconst { c, d } = e;" });
});
