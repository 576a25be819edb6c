/**
 * The cache folder, for files that can be made again: token shards, downloads, tuning tables.
 *
 * @module
 */

/**
 * Returns the path of the cache folder: `LLAMERO_HOME`, else `llamero` in the operating system's cache folder. Creates
 * nothing.
 */
export function cacheHome(): string {
  const own = Deno.env.get("LLAMERO_HOME");
  if (own) return own;
  if (Deno.build.os === "windows") return `${Deno.env.get("LOCALAPPDATA") ?? "."}\\llamero`;
  const home = Deno.env.get("HOME") ?? ".";
  if (Deno.build.os === "darwin") return `${home}/Library/Caches/llamero`;
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/llamero`;
}

/** Returns the first `length` hex digits of the SHA-256 of `text`, as the key of a cache entry. */
export async function digest(text: string | Uint8Array<ArrayBuffer>, length = 32): Promise<string> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((b) => b.toString(16).padStart(2, "0")).join("").slice(0, length);
}
