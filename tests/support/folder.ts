/**
 * The runner of tests that need files.
 *
 * @module
 */

/**
 * Runs `test` with a new folder and removes it afterwards. During the test the SDK's cache folder (`LLAMERO_HOME`) is
 * inside it, so that no test reads files that another run has left.
 *
 * @param options the parent folder and the name's prefix; default: the system's folder for temporary files
 */
export async function inFolder<R>(
  test: (folder: string) => R | Promise<R>,
  options: Deno.MakeTempOptions = {},
): Promise<R> {
  const folder = await Deno.makeTempDir({ prefix: "llamero_test_", ...options });
  const before = Deno.env.get("LLAMERO_HOME");
  Deno.env.set("LLAMERO_HOME", `${folder}/home`);
  try {
    return await test(folder);
  } finally {
    if (before === undefined) Deno.env.delete("LLAMERO_HOME");
    else Deno.env.set("LLAMERO_HOME", before);
    await Deno.remove(folder, { recursive: true });
  }
}
