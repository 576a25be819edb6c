// Examples in doc comments: the public classes and their main verbs have one, and `deno test --doc` runs them all.
import assert from "node:assert/strict";
import { join } from "node:path";
import { readTree, root, runDeno } from "./tree.ts";

/** Public names with the verbs that need an example each, beside the one of the name itself. */
const shown: Record<string, string> = {
  Dataset:
    "jsonl text from sample mix map filter dedup language clean split conversations tokenize preview stats write",
  TokenDataset: "",
  Tokenizer: "train load encode decode chat save show",
  Model: "create load generate generateBatch chat score loss plan save inspect summary",
  Trainer: "pretrain instruct evaluate run resume plan steps verifyResume",
  Run: "events stop",
  Evaluator: "add suite loss run",
  Report: "table compare explain",
  defineTask: "",
};

interface Member {
  name: string;
  isStatic?: boolean;
  jsDoc?: { doc?: string };
}
interface Symbols {
  symbols: { name: string; declarations: { jsDoc?: Member["jsDoc"]; def: { methods?: Member[] } }[] }[];
}

const { code, stdout, stderr } = await runDeno(["doc", "--json", join(root, "mod.ts")]);
assert.equal(code, 0, stderr);
const symbols = Object.values<Symbols>(JSON.parse(stdout).nodes).flatMap(({ symbols }) => symbols);

const hasExample = ({ jsDoc }: { jsDoc?: Member["jsDoc"] }): boolean => /^```ts$/m.test(jsDoc?.doc ?? "");

for (const [name, verbs] of Object.entries(shown)) {
  const declarations = symbols.find((symbol) => symbol.name === name)?.declarations ?? [];

  Deno.test(`${name} has an example`, () => {
    assert.ok(declarations.some(hasExample));
  });

  for (const verb of verbs.split(" ").filter(Boolean)) {
    const methods = declarations.flatMap(({ def }) => def.methods ?? []).filter((method) =>
      method.name === verb
    );
    Deno.test(`${name}.${verb} has an example`, () => {
      assert.ok(methods.some(hasExample));
    });
  }
}

for (const { path, text } of [...readTree("", (path) => path === "mod.ts"), ...readTree("src", () => true)]) {
  const openings = [...text.matchAll(/^ *\* ```(.*)\n[\s\S]*?^ *\* ```$/gm)].map(([, info]) => info);
  if (!openings.length) continue;
  Deno.test(`${path}: the type checker and the test runner take every example`, () => {
    assert.deepEqual(openings.filter((info) => info !== "ts" && info !== "sh"), []);
  });
}
