// Structures of tokenizer.json in use (TinyLlama, SmolLM2, Llama 3, and what transformers 5 saves) against the answers
// of tokenizers 0.23 and transformers 5, which tests/reference/tokenizer_structures.py wrote.
import { compareStructure, type Structure } from "./structures.ts";

const file = await Deno.open(new URL("../golden/tokenizer/structures.json.gz", import.meta.url));
const structures: Record<string, Structure> = await new Response(
  file.readable.pipeThrough(new DecompressionStream("gzip")),
).json();

for (const [name, structure] of Object.entries(structures)) {
  Deno.test(`${name}: ids, decoding, streams and chat ids are those of tokenizers and transformers`, () => {
    compareStructure(structure);
  });
}
