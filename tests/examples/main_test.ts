// The frame of the examples: exit codes, one message for an error, frames only where they are asked for.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Outcome, root, runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

/** Runs `body` as the work of an example in `folder`. */
async function run(folder: string, body: string, env: Record<string, string> = {}): Promise<Outcome> {
  const file = join(folder, `${crypto.randomUUID()}.ts`);
  const imports = `import { runMain } from "${join(root, "examples/cli/main.ts")}";
import { ConfigError } from "${join(root, "mod.ts")}";`;
  await Deno.writeTextFile(
    file,
    `${imports}\nawait runMain(async () => { ${body} });\nconsole.log("behind");`,
  );
  return await runDeno(["run", "-A", "--config", join(root, "deno.json"), file], { env });
}

Deno.test("an example ends with its code, and an error in one line", () =>
  inFolder(async (folder) => {
    const thrown = 'throw new ConfigError("Cannot use chat.model: no such folder");';
    const [good, chosen, typed, traced, defect, stopped] = await Promise.all([
      run(folder, 'console.log("done"); setInterval(() => {}, 1000);'),
      run(folder, "return 3;"),
      run(folder, thrown),
      run(folder, thrown, { LLAMERO_TRACE: "1" }),
      run(folder, "undefined.length;"),
      run(folder, 'throw new DOMException("The run was aborted by a second stop", "AbortError");'),
    ]);
    assert.deepEqual(good, { code: 0, stdout: "done\n", stderr: "" });
    assert.deepEqual(chosen, { code: 3, stdout: "", stderr: "" });
    assert.deepEqual(typed, {
      code: 1,
      stdout: "",
      stderr: "error: Cannot use chat.model: no such folder\n",
    });
    assert.equal(traced.code, 1);
    assert.match(traced.stderr, /^ConfigError: Cannot use chat\.model: no such folder\n +at .*\.ts:3/);
    assert.equal(defect.code, 1);
    assert.match(
      defect.stderr,
      /^error: TypeError: .*length.*\n\(LLAMERO_TRACE=1 shows where it was thrown\)\n$/,
    );
    assert.deepEqual(stopped, { code: 130, stdout: "", stderr: "Stopped.\n" });
  }));

Deno.test("a listener for uncaught errors, as ranks have one, takes the error first", () =>
  inFolder(async (folder) => {
    const listener =
      'addEventListener("error", (event) => { event.preventDefault(); console.error("rank 0:", event.error.message); });';
    assert.deepEqual(await run(folder, `${listener} throw new ConfigError("no such whale");`), {
      code: 1,
      stdout: "",
      stderr: "rank 0: no such whale\n",
    });
  }));
