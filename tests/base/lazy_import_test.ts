import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { lazily } from "../../src/base/lazy_import.ts";

Deno.test("a module is imported outside of the context of its importer, which keeps its own", async () => {
  const context = new AsyncLocalStorage<string>();
  await context.run("importer", async () => {
    assert.equal(await lazily(() => Promise.resolve(context.getStore())), undefined);
    assert.equal(context.getStore(), "importer");
  });
});
