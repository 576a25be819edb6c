/**
 * Converts markup for wikitext_words.py: reads JSON Lines of `{ language, markup }`, writes one JSON string per line.
 *
 * @module
 */
import { plainWikitext } from "../../src/data/corpora/wikitext.ts";

const input = await new Response(Deno.stdin.readable).text();
for (const line of input.trim().split("\n")) {
  const { language, names, markup } = JSON.parse(line);
  console.log(JSON.stringify(plainWikitext(markup, undefined, { site: { language, names } })));
}
