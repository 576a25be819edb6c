// Files that the makers of examples/paper write, for tests.
import { createHash } from "node:crypto";

/** Returns the digests of all files below a folder by their paths in it. */
export async function filesBelow(folder: string, path = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${path}`)) {
    if (isDirectory) Object.assign(files, await filesBelow(folder, `${path}${name}/`));
    else {files[path + name] = createHash("sha256").update(await Deno.readFile(`${folder}/${path}${name}`))
        .digest("hex");}
  }
  return files;
}
