/**
 * Text that a terminal shows and does not obey.
 *
 * @module
 */

/** Control characters of ISO 6429 (C0, delete, C1), but for the tab and the line feed. */
const CONTROL = /(?![\t\n])\p{Cc}/gu;

/**
 * Returns `text` for terminals and logs. A carriage return before a line feed goes; every other control character but the
 * tab and the line feed becomes its picture in Unicode (`␛` for escape), so that no text of a file or a model can move
 * the cursor, change colours or rename the window.
 */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(CONTROL, pictureOf);
}

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
