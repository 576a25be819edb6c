import assert from "node:assert/strict";
import { join } from "node:path";
import { importTouches } from "./import_probe.ts";
import { inFolder } from "../support/folder.ts";

async function touches(source: string): Promise<string[]> {
  return await inFolder(async (folder) => {
    const file = join(folder, "made_up.ts");
    await Deno.writeTextFile(file, source);
    return (await importTouches([file])).map((t) =>
      `${t.property} ${t.where.slice(t.where.lastIndexOf("/") + 1)}`
    );
  });
}

Deno.test("a module that waits to be called touches nothing", async () => {
  assert.deepEqual(
    await touches(`console.log("[hello]");\nexport const f = (): string => Deno.cwd();\n`),
    [],
  );
});

Deno.test("a module that reads Deno on import is found, with its line", async () => {
  const source =
    `import "node:process";\nclass A { static os = Deno.build.os; }\n(() => Deno.pid)();\nvoid A;\n`;
  assert.deepEqual(await touches(source), ["build made_up.ts:2", "pid made_up.ts:3"]);
});

Deno.test("a module that needs a permission on import fails", async () => {
  await assert.rejects(touches(`export const home = Deno.env.get("HOME");\n`), /env access to "HOME"/);
});
