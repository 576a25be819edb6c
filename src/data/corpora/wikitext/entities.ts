/**
 * Character references of HTML, each decoded once: `&amp;lt;` is the text `&lt;`.
 *
 * @module
 */
import { decodeHTMLStrict } from "entities";

/** Decodes the references of `text` that end in a semicolon; unknown ones stay. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    /&#?\w{1,40};/g,
    (reference) => decodeHTMLStrict(reference).replace(/[\uFDD0-\uFDD2]/, "\uFFFD"),
  );
}
