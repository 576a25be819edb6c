import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { createProject } from "../../src/new/mod.ts";
import { sdkEntries } from "../../src/new/project_files.ts";
import { version } from "../../src/train/monitoring/version.ts";
import { type Outcome, root, runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

const program = join(root, "src/new/mod.ts");

function run(folder: string, ...args: string[]): Promise<Outcome> {
  return runDeno(["run", "-A", program, ...args], { cwd: folder });
}

Deno.test("a project of a clone uses the clone, and its script type-checks", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await run(folder, "my-project");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Made a project in my-project:$/m);
    assert.match(stdout, /^ {2}deno task train 20 /m);
    const project = join(folder, "my-project");
    const names = [...Deno.readDirSync(project)].map(({ name }) => name).sort();
    assert.deepEqual(names, [".gitignore", "deno.json", "notebook.ipynb", "train.ts"]);
    const script = await Deno.readTextFile(join(project, "train.ts"));
    const lines = script.split("\n").length - 1;
    assert.ok(lines >= 30 && lines <= 40, `train.ts has ${lines} lines`);
    const checked = await runDeno(["task", "check"], { cwd: project });
    assert.equal(checked.code, 0, checked.stderr);
    const formatted = await runDeno(["fmt", "--check", "--line-width=110", "train.ts"], { cwd: project });
    assert.equal(formatted.code, 0, formatted.stderr);
    const notebook = JSON.parse(await Deno.readTextFile(join(project, "notebook.ipynb")));
    assert.equal(notebook.metadata.kernelspec.name, "deno");
    assert.deepEqual(notebook.cells[0].source[0], "# my-project\n");
  });
});

Deno.test("a folder that is not empty is refused, and stays as it was", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "novel.txt"), "Call me Ishmael.");
    await assert.rejects(createProject(folder), {
      name: "ConfigError",
      message: `Cannot make a project in ${folder}: the folder is not empty (novel.txt); ` +
        "name a folder that is empty or does not exist",
    });
    await assert.rejects(createProject(join(folder, "novel.txt")), {
      name: "ConfigError",
      message: /it is a file$/,
    });
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["novel.txt"]);
  });
});

Deno.test("an empty folder is filled, and a path is made", async () => {
  await inFolder(async (folder) => {
    const files = ["deno.json", "train.ts", "notebook.ipynb", ".gitignore"];
    assert.deepEqual(await createProject(folder), files);
    assert.deepEqual(await createProject(join(folder, "a", "b c")), files);
    const { links } = JSON.parse(await Deno.readTextFile(join(folder, "a", "b c", "deno.json")));
    assert.equal(await Deno.realPath(join(folder, "a", "b c", links[0])), await Deno.realPath(root));
  });
});

Deno.test("mistakes on the command line end with the usage and code 2", async () => {
  await inFolder(async (folder) => {
    const refuses = async (args: string[], message: RegExp): Promise<void> => {
      const { code, stderr } = await run(folder, ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.match(stderr, /^new FOLDER: makes a project/m);
    };
    await refuses([], /^Cannot make a project: expected one folder, found 0$/m);
    await refuses(["a", "b"], /^Cannot make a project: expected one folder, found 2$/m);
    await refuses(["--force", "a"], /^Cannot use --force: unknown flag$/m);
    const { code, stdout } = await run(folder, "--help");
    assert.equal(code, 0);
    assert.match(stdout, /^new FOLDER: makes a project/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("the project's import map names the registry that the package came from", () => {
  const jsr = sdkEntries("https://jsr.example/@llamero/sdk/0.1.0/src/new/mod.ts", "/home/me/project");
  assert.deepEqual(jsr, { imports: { "@llamero/sdk": `jsr:@llamero/sdk@^${version}` } });
  const npm = sdkEntries("file:///cache/npm/@llamero/sdk/0.1.0/src/new/mod.js", "/home/me/project");
  assert.deepEqual(npm, { imports: { "@llamero/sdk": `npm:@llamero/sdk@^${version}` } });
  const clone = sdkEntries(
    new URL("../../src/new/mod.ts", import.meta.url).href,
    join(dirname(dirname(root)), "x"),
  );
  assert.deepEqual(clone.imports, jsr.imports);
  assert.equal(clone.links?.length, 1);
});
