/**
 * Replacement of the text between two marks, in time linear in the text.
 *
 * A regular expression would search the whole rest of the text for each mark that is never closed.
 *
 * @module
 */

/**
 * Replaces each part from `open` to the next `close` by the result of `replace` for the text between the marks. The
 * marks are given in lower case and match in any case. A mark that is never closed is removed, and `unclosed` is
 * called.
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
