// Structures of tokenizer.json in use (TinyLlama, SmolLM2, Llama 3, and what transformers 5 saves) against the answers
// of tokenizers 0.23 and transformers 5, which tests/reference/tokenizer_structures.py wrote.
import { golden } from "./golden.ts";
import { compareStructure, type Structure } from "./structures.ts";

for (
  const [name, structure] of Object.entries(await golden<Record<string, Structure>>("structures.json.gz"))
) {
  Deno.test(`${name}: ids, decoding, streams and chat ids are those of tokenizers and transformers`, () => {
    compareStructure(structure);
  });
}
