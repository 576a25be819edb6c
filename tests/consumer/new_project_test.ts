// A stranger's way: `deno run -A <package>/new my-project`, from JSR and from npm, then the tasks of the project.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Outcome, readConfig, runDeno } from "../repo/tree.ts";
import { forget, jsrFiles, npmFiles, type Registry, serve } from "./registry.ts";
import { inFolder } from "../support/folder.ts";

/** A folder outside the repository in which the package comes from a local registry. */
interface Workplace {
  /** Its path. */
  folder: string;
  /** Runs `deno` in a folder inside it. */
  deno(args: string[], inside?: string): Promise<Outcome>;
}

/** Calls `use` in a new folder, which is the home folder too; `npmrc` is what npm's settings say there of the registry. */
async function withWorkplace(
  registry: Registry,
  npmrc: string | undefined,
  use: (place: Workplace) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    if (npmrc) await Deno.writeTextFile(join(folder, ".npmrc"), npmrc);
    const env = {
      HOME: folder,
      USERPROFILE: folder,
      DENO_DIR: JSON.parse((await runDeno(["info", "--json"])).stdout).denoDir,
      JSR_URL: registry.url,
      XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp",
    };
    const deno = (args: string[], inside = "."): Promise<Outcome> =>
      runDeno(args, { cwd: join(folder, inside), env });
    try {
      await use({ folder, deno });
    } finally {
      await forget(registry);
    }
  });
}

/** Makes a project from `specifier`, and does with it what its page says. */
async function makeAndUse({ folder, deno }: Workplace, specifier: string, entry: string): Promise<void> {
  const made = await deno(["run", "-A", specifier, "my-project"]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^ {2}cd my-project$/m);
  const project = join(folder, "my-project");
  const config = JSON.parse(await Deno.readTextFile(join(project, "deno.json")));
  assert.deepEqual(config.imports, { "@llamero/sdk": entry });

  const { code, stdout, stderr } = await deno(["task", "train", "20"], "my-project");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\b20\/20 done\b/);
  assert.doesNotMatch(stdout, /^\{/m, "the output is for people");
  assert.match(stdout, /bits per byte +\d\.\d{3}/);
  assert.match(stdout, /^prompt +The whale\ntext +\S/m, "it generates");
  assert.ok((await Deno.stat(join(project, "runs/model/model.safetensors"))).size > 100_000);

  const checked = await deno(["task", "check"], "my-project");
  assert.equal(checked.code, 0, checked.stderr);
  const script = await Deno.readTextFile(join(project, "train.ts"));
  await Deno.writeTextFile(join(project, "wrong.ts"), `${script}\nconst wrong: string = model.config.dim;\n`);
  const wrong = await deno(["check", "wrong.ts"], "my-project");
  assert.match(wrong.stderr, /TS2322/, "types arrive");
  assert.doesNotMatch(wrong.stderr, /TS(?!2322|6133)\d/, wrong.stderr);
}

/** Returns the code of a notebook as one script that trains for 20 steps. */
async function notebookScript(path: string): Promise<string> {
  const { cells }: { cells: { cell_type: string; source: string[] }[] } = JSON.parse(
    await Deno.readTextFile(path),
  );
  const code = cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join(""));
  assert.equal(code.length, 5);
  return code.join("\n").replace("steps = 400", "steps = 20");
}

const { name, version } = readConfig();

Deno.test("a project from JSR trains, generates and type-checks; its notebook runs", async () => {
  await using registry = serve(await jsrFiles());
  await withWorkplace(registry, undefined, async (place) => {
    await makeAndUse(place, `jsr:${name}/new`, `jsr:${name}@^${version}`);
    const notebook = join(place.folder, "my-project", "notebook");
    await Deno.writeTextFile(`${notebook}.ts`, await notebookScript(`${notebook}.ipynb`));
    const { code, stdout, stderr } = await place.deno(["run", "-A", "--check", "notebook.ts"], "my-project");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /bits per byte +\d\.\d{3}/);
  });
  assert.ok(registry.asked.includes(`${name}/meta.json`));
});

Deno.test("a project from the npm tarball trains, generates and type-checks", async () => {
  await using registry = serve(await npmFiles());
  await withWorkplace(registry, `@llamero:registry=${registry.url}\n`, async (place) => {
    await makeAndUse(place, `npm:${name}/new`, `npm:${name}@^${version}`);
  });
  assert.ok(registry.asked.some((path) => path.endsWith(".tgz")));
});
