// A thousand odd strings on each structure of tokenizer.json in use, answered by Hugging Face's library.
import { oracle, pythonHas } from "../support/python.ts";
import { compareStructure, type Structure } from "../tokenizer/structures.ts";

const there = await pythonHas("tokenizers", "transformers");

Deno.test(
  `tokenizers and transformers agree with us on 1,000 odd strings${there.reason}`,
  there,
  async (t) => {
    const script = new URL("../reference/tokenizer_structures.py", import.meta.url);
    const structures = await oracle<Record<string, Structure>>(script, ["1000"], null);
    for (const [name, structure] of Object.entries(structures)) {
      await t.step(name, () => {
        compareStructure(structure);
        console.log(
          `${name}: equal on ${structure.texts.length} texts and ${structure.chats.length} conversations`,
        );
      });
    }
  },
);
