// The mistakes of a beginner, in the cells of a notebook and in a script: each is said in one line, without frames of the SDK.
import assert from "node:assert/strict";
import { join } from "node:path";
import { root, runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";
import { code, withNotebook } from "./made_up.ts";
import { mistakes, setup } from "./mistakes.ts";
import { runNotebook } from "./run.ts";

/** Frames that a reader has no use for. */
const frames = /^\s+at .*(\/src\/|ext:|node:|node_modules|<anonymous>)/m;

Deno.test("each mistake in a cell shows one line, and the kernel goes on", async () => {
  const cells = [code(setup), ...mistakes.map((mistake) => code(mistake.code, "raises-exception"))];
  const { notebook, error } = await withNotebook(cells, (path) => runNotebook(path));
  assert.equal(error, undefined);
  for (const [i, { name, message }] of mistakes.entries()) {
    const { ename, evalue, traceback } = notebook.cells[i + 1].outputs!.find(({ output_type }) =>
      output_type === "error"
    ) ?? assert.fail(`${name}: no error`);
    assert.match(evalue!, message, name);
    assert.match(ename!, /^(Config|Data|Format|Numerics)Error$/, name);
    assert.deepEqual(traceback, [`${ename}: ${evalue}`], name);
  }
});

/** A script that makes each mistake and prints what an uncaught error and the wrapper of the examples would show. */
const script = `${setup}
import { errorText } from ${JSON.stringify(join(root, "examples/cli/main.ts"))};
async function failing(make: () => unknown) {
  try {
    await make();
    return {};
  } catch (error) {
    return { text: errorText(error), stack: (error as Error).stack };
  }
}
const shown = [];
${mistakes.map((mistake) => `shown.push(await failing(async () => {\n${mistake.code}\n}));`).join("\n")}
console.log(JSON.stringify(shown));
Deno.exit(0);
`;

Deno.test("each mistake in a script shows its message, and of the frames those of the script", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "script.ts"), script);
    const { stdout, stderr } = await runDeno(
      ["run", "-A", "--no-check", "--config", join(root, "deno.json"), "script.ts"],
      { cwd: folder },
    );
    const shown: { text?: string; stack?: string }[] = JSON.parse(
      stdout.trim().split("\n").at(-1) || `"${stderr}"`,
    );
    for (const [i, { name, message }] of mistakes.entries()) {
      const { text = "", stack = "" } = shown[i];
      assert.match(text.replace(/^error: /, ""), message, name);
      assert.ok(!text.includes("\n"), text);
      const [first, ...rest] = stack.split("\n");
      assert.match(first.replace(/^\w+: /, ""), message, name);
      assert.ok(rest.every((line) => line.includes("script.ts:")), stack);
      assert.doesNotMatch(stack, frames, name);
    }
    const withFrame = shown.filter(({ stack }) => stack?.includes("script.ts:")).length;
    assert.ok(
      withFrame >= 0.8 * mistakes.length,
      `${withFrame} of ${mistakes.length} name the line of the script`,
    );
  }));

Deno.test("a machine without a GPU is told what to install, in a script and by an example", () =>
  inFolder(async (folder) => {
    const env = { DENO_WEBGPU_BACKEND: "none" };
    const message =
      /^error: (Uncaught \(in promise\) DeviceError: )?Cannot find a WebGPU adapter\. Install .*\n/;
    await Deno.writeTextFile(
      join(folder, "script.ts"),
      `import { Model } from "@llamero/sdk";\nawait Model.create("nano");\n`,
    );
    const args = ["run", "-A", "--no-check", "--config", join(root, "deno.json")];
    const [own, example] = [
      await runDeno([...args, "script.ts"], { cwd: folder, env }),
      await runDeno([...args, join(root, "examples/tune.ts")], { cwd: folder, env }),
    ];
    for (const { code, stderr } of [own, example]) {
      const said = stderr.replace(/^Download .*\n/gm, "");
      assert.equal(code, 1);
      assert.match(said, message);
      assert.doesNotMatch(said, frames);
    }
  }));
