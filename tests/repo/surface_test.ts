// The public surface: `deno doc mod.ts` lists a page of names, and every name can be imported.
import assert from "node:assert/strict";
import { join } from "node:path";
import { readConfig, root, runDeno } from "./tree.ts";

interface Documented {
  name: string;
  declarations: { kind: string; jsDoc?: { doc?: string } }[];
}

async function documented(path: string): Promise<Documented[]> {
  const { code, stdout, stderr } = await runDeno(["doc", "--json", join(root, path)]);
  assert.equal(code, 0, stderr);
  const { nodes }: { nodes: Record<string, { symbols: Documented[] }> } = JSON.parse(stdout);
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

const isValue = ({ declarations }: Documented): boolean =>
  declarations.some(({ kind }) => ["class", "function", "variable", "enum"].includes(kind));

Deno.test("mod.ts exports at most 101 names", async () => {
  const names = await documented("mod.ts");
  assert.ok(names.length <= 101, `${names.length} names`);
});

Deno.test("the five objects are the first names of mod.ts, which the first page of the API site lists", async () => {
  const names = (await documented("mod.ts")).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 5), ["Dataset", "Tokenizer", "Model", "Trainer", "Evaluator"]);
});

for (const path of Object.values(readConfig().exports)) {
  Deno.test(`every name that deno doc lists of ${path} can be imported, and is documented`, async () => {
    const symbols = await documented(path);
    const exported = Object.keys(await import(join(root, path)));
    const values = symbols.filter(isValue).map(({ name }) => name);
    assert.deepEqual(
      values.filter((name) => !exported.includes(name)),
      [],
      "listed, and not there at run time",
    );
    const bare = symbols.filter(({ declarations }) => !declarations.some(({ jsDoc }) => jsDoc?.doc));
    assert.deepEqual(bare.map(({ name }) => name), [], "without a doc comment");
  });
}
