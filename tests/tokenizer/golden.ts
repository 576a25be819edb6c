/**
 * Reader of the answers of other libraries in tests/golden/tokenizer, which scripts in tests/reference wrote.
 *
 * @module
 */

const folder = new URL("../golden/tokenizer/", import.meta.url);

/** Reads a JSON file, or a compressed one whose name ends in `.gz`. */
export async function golden<T>(name: string): Promise<T> {
  const file = await Deno.open(new URL(name, folder));
  const bytes = name.endsWith(".gz")
    ? file.readable.pipeThrough(new DecompressionStream("gzip"))
    : file.readable;
  return await new Response(bytes).json();
}
