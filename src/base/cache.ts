/**
 * Where the SDK keeps what can be made again: token shards, downloads, tuning tables.
 *
 * @module
 */

/**
 * The cache folder: `LLAMERO_HOME`, else `llamero` in the operating system's cache folder.
 * Nothing is created here; whoever writes makes the folder.
 */
export function cacheHome(): string {
  const own = Deno.env.get("LLAMERO_HOME");
  if (own) return own;
  if (Deno.build.os === "windows") return `${Deno.env.get("LOCALAPPDATA") ?? "."}\\llamero`;
  const home = Deno.env.get("HOME") ?? ".";
  if (Deno.build.os === "darwin") return `${home}/Library/Caches/llamero`;
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/llamero`;
}

/** A hex SHA-256 of `text`, the first `length` digits: the key of a cache entry. */
export async function digest(text: string | Uint8Array<ArrayBuffer>, length = 32): Promise<string> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((b) => b.toString(16).padStart(2, "0")).join("").slice(0, length);
}
