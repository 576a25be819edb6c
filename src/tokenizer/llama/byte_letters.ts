/**
 * GPT-2's letters of bytes, in which byte-level vocabularies are written: a visible character for each byte.
 *
 * @module
 */

/** Returns the letter of each byte. */
export function byteLetters(): string[] {
  let extra = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(isVisible ? byte : extra++);
  });
}
