/**
 * Text broken into lines at its spaces.
 *
 * @module
 */
import { pad, textWidth } from "./text_width.ts";

/** Returns the lines of `text`, each at most `columns` wide where its words allow it; line breaks in it stay. */
export function wrap(text: string, columns: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(" ")) {
      const last = lines.at(-1);
      if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= columns) {
        lines[lines.length - 1] = `${last} ${word}`;
      } else lines.push(word);
    }
    return lines;
  });
}

/**
 * Returns entries as lines: a name on the left, in a column of `left`, and its text beside it, wrapped. A name that is wider
 * has a line of its own. Where few columns are left for the text it stands under the name.
 */
export function wrapEntries(
  entries: readonly (readonly [name: string, text: string])[],
  { columns, left, indent = 2 }: { columns: number; left: number; indent?: number },
): string[] {
  const beside = columns - indent - left >= 32;
  const margin = " ".repeat(beside ? indent + left : indent + 4);
  return entries.flatMap(([name, text]) => {
    const lines = wrap(text, columns - margin.length).map((line) => margin + line);
    const fits = beside && textWidth(name) <= left - 2;
    const first = " ".repeat(indent) + name;
    if (!fits) return [...wrap(first, Math.max(columns, textWidth(first))), ...lines];
    return [pad(first, indent + left) + (lines[0] ?? "").slice(margin.length), ...lines.slice(1)];
  });
}
