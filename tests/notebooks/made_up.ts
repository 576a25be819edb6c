/**
 * Makes notebooks for tests, in a folder inside the repository so that deno.json is found.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "../support/folder.ts";
import { type Cell, type Notebook, writeNotebook } from "./notebook.ts";

/** Makes a code cell. */
export function code(source: string, ...tags: string[]): Cell {
  return { cell_type: "code", source, metadata: { tags }, outputs: [], execution_count: null };
}

/** Calls `use` with the path of a notebook of these cells, and removes its folder afterwards. */
export function withNotebook<T>(cells: Cell[], use: (path: string) => Promise<T>): Promise<T> {
  const dir = fileURLToPath(new URL(".", import.meta.url));
  return inFolder(async (folder) => {
    const path = join(folder, "made_up.ipynb");
    await writeNotebook(path, { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 } as Notebook);
    return await use(path);
  }, { dir, prefix: "tmp_" });
}
