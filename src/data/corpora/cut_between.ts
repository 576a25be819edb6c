/**
 * Cuts what stands between two marks in time that grows with the text alone, however many marks never close; a regular
 * expression would search the rest of the text once for each of them.
 *
 * @module
 */

/**
 * The text with each stretch from `open` to the next `close` (marks in lower case, found in any case) replaced by what
 * `replace` gives for what stands between them. A mark that is never closed is left out, and `unclosed` is told.
 */
export function replaceBetween(
  text: string,
  [open, close]: readonly [string, string],
  replace: (inner: string) => string,
  unclosed: () => void,
): string {
  const lower = text.toLowerCase();
  const search = lower.length === text.length ? lower : text;
  const out: string[] = [];
  let from = 0;
  let closes = true;
  for (let at = search.indexOf(open); at >= 0; at = search.indexOf(open, from)) {
    const end: number = closes ? search.indexOf(close, at + open.length) : -1;
    closes &&= end >= 0;
    out.push(text.slice(from, at));
    if (end >= 0) out.push(replace(text.slice(at + open.length, end)));
    else unclosed();
    from = end >= 0 ? end + close.length : at + open.length;
  }
  return from === 0 ? text : out.join("") + text.slice(from);
}
