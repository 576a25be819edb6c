/**
 * A new project, made by one line:
 *
 * ```sh
 * deno run -A jsr:@llamero/sdk/new my-project
 * ```
 *
 * It writes a `deno.json` that leads to the SDK, a training script of 40 lines, the same as a notebook, and a
 * `.gitignore`.
 *
 * @module
 */
import { basename, join } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { loadParseArgs } from "./parse_args.ts";
import { projectFiles, sdkEntries } from "./project_files.ts";

const usage = `new FOLDER: makes a project that trains a small LLaMA

  FOLDER  a folder that is empty or does not exist
  --help  shows this text`;

/**
 * Makes a project in `folder`, which is created where it does not exist.
 *
 * @returns the names of the files that were written
 * @throws {ConfigError} when the folder is not empty, or is a file
 */
export async function createProject(folder: string): Promise<string[]> {
  if (!folder) {
    throw new ConfigError("Cannot make a project: name its folder", { path: "folder", value: folder });
  }
  const found = await entriesOf(folder);
  if (found.length > 0) {
    const some = found.slice(0, 3).join(", ") + (found.length > 3 ? ", ..." : "");
    throw new ConfigError(
      `Cannot make a project in ${folder}: the folder is not empty (${some}); ` +
        "name a folder that is empty or does not exist",
      { path: "folder", value: folder },
    );
  }
  await Deno.mkdir(folder, { recursive: true });
  const path = await Deno.realPath(folder);
  const files = projectFiles(basename(path), sdkEntries(import.meta.url, path));
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(path, name), text);
  return Object.keys(files);
}

/** Returns the names in a folder, in order; none where there is no folder. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
    throw new ConfigError(`Cannot make a project in ${folder}: it is a file`, {
      path: "folder",
      value: folder,
    });
  }
}

/** Returns what to do with a project that was made in `folder`. */
function nextSteps(folder: string): string {
  return `Made a project in ${folder}:

  deno.json       leads to the SDK, and names the tasks
  train.ts        trains a small LLaMA on Moby Dick and lets it write
  notebook.ipynb  the same, cell by cell
  .gitignore

Next:

  cd ${folder}
  deno task train 20         # a first look; without the 20 the whole run
  deno task kernel           # once: tells Jupyter about Deno
  jupyter lab notebook.ipynb # or open it in VS Code and choose the kernel "Deno"`;
}

/** Reads the command line and makes the project; returns the exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const parse = await loadParseArgs();
    const unknown = (arg: string): boolean => {
      if (arg.startsWith("-")) throw new ConfigError(`Cannot use ${arg}: unknown flag`, { path: arg });
      return true;
    };
    const { help, _ } = parse(args, { string: [], boolean: ["help"], negatable: [], unknown });
    const folders = (_ as (string | number)[]).map(String);
    if (help) {
      console.log(usage);
      return 0;
    }
    if (folders.length !== 1) {
      throw new ConfigError(`Cannot make a project: expected one folder, found ${folders.length}`, {
        path: "folder",
        value: folders,
      });
    }
    await createProject(folders[0]);
    console.log(nextSteps(folders[0]));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
