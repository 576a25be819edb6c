/**
 * Apostrophes that mean bold and italics, line by line. Tags stand between them as text does.
 *
 * Two are italics, three bold, five both; four are one apostrophe and bold, more than five apostrophes and both. Where
 * a line has an odd number of both, one bold is an apostrophe and italics, as in `dell'''Eneide''`. [MediaWiki's rules]
 *
 * @module
 */

/** Removes the apostrophes of bold and italics from a page; those that are text stay. */
export function withoutQuotes(page: string): string {
  return page.includes("''") ? page.split("\n").map(lineWithoutQuotes).join("\n") : page;
}

function lineWithoutQuotes(line: string): string {
  if (!line.includes("''")) return line;
  const parts = line.split(/('{2,})/);
  let bold = 0;
  let italics = 0;
  for (let i = 1; i < parts.length; i += 2) {
    const { length } = parts[i];
    const marks = length === 4 ? 3 : Math.min(length, 5);
    parts[i - 1] += "'".repeat(length - marks);
    parts[i] = "'".repeat(marks);
    if (marks !== 3) italics++;
    if (marks !== 2) bold++;
  }
  const apostrophe = bold % 2 && italics % 2 ? boldThatIsApostrophe(parts) : undefined;
  return parts.map((part, i) => i % 2 === 0 ? part : i === apostrophe ? "'" : "").join("");
}

/** Returns the bold behind a word of one letter, else behind a longer word, else behind a space. */
function boldThatIsApostrophe(parts: readonly string[]): number | undefined {
  let [afterWord, afterSpace]: (number | undefined)[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    if (parts[i].length !== 3) continue;
    const before = parts[i - 1];
    if (before.endsWith(" ")) afterSpace ??= i;
    else if (before[before.length - 2] === " ") return i;
    else afterWord ??= i;
  }
  return afterWord ?? afterSpace;
}
