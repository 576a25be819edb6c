/**
 * Variables of the environment, read only where that is permitted: no question appears, and no permission is needed.
 *
 * @module
 */

/** Returns a variable of this process; undefined where it is not set, is empty, or may not be read. */
export function setting(name: string): string | undefined {
  if (typeof Deno === "undefined") return nodeVariables()?.[name] || undefined;
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) || undefined : undefined;
}

/** Returns the variables of a process of Node, where the npm package is imported too. */
function nodeVariables(): Record<string, string | undefined> | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
}
