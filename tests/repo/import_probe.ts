/**
 * The reads of `Deno` while a module is imported: a child imports it without permissions and records every property read.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { root, runDeno } from "./tree.ts";

/** A property of `Deno` that was read while modules were imported. */
export interface Touch {
  /** Name of the property. */
  property: string;
  /** `file:line` of the reader, a path from the root where it lies there. */
  where: string;
}

/**
 * Imports `files` (absolute paths) in a child and tells what they touched.
 *
 * @throws {Error} with the child's words when an import fails, for want of a permission for example
 */
export async function importTouches(files: readonly string[]): Promise<Touch[]> {
  const urls = files.map((file) => pathToFileURL(file).href);
  const { code, stdout, stderr } = await runDeno(["run", "--no-prompt", "--ext=ts", "-"], {
    stdin: script(urls),
  });
  if (code !== 0) throw new Error(`an import failed with exit code ${code}:\n${stderr}`);
  const touches: { property: string; stack: string }[] = JSON.parse(
    stdout.slice(stdout.lastIndexOf("\n[") + 1),
  );
  return touches.flatMap(({ property, stack }) => {
    const where = reader(stack);
    return where === undefined ? [] : [{ property, where }];
  });
}

/** The imports are literal, so that the child needs no permission to read the files. */
function script(urls: readonly string[]): string {
  return `
const touches = [];
const watched = new Proxy(Deno, {
  get(target, property) {
    touches.push({ property: String(property), stack: new Error().stack ?? "" });
    return Reflect.get(target, property);
  },
});
Object.defineProperty(globalThis, "Deno", { value: watched });
${urls.map((url) => `await import(${JSON.stringify(url)});`).join("\n")}
console.log("\\n" + JSON.stringify(touches));
`;
}

/** The place behind the recorder's own frame; undefined where that is Deno's own code, which reads `Deno` too. */
function reader(stack: string): string | undefined {
  const frame = stack.split("\n").filter((line) => !line.includes("$deno$stdin"))[1] ?? "";
  return /(file:\S+:\d+):\d+/.exec(frame)?.[1].replace(pathToFileURL(root).href, "");
}
