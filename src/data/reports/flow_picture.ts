/**
 * The picture of a flow: boxes in HTML, a line per step in text.
 *
 * @module
 */
import type { Picture } from "../../display/display.ts";
import { titleHtml } from "../../display/html.ts";
import { unpainted } from "../../display/terminal.ts";
import type { Flow } from "./flow.ts";
import { flowHtml } from "./flow_html.ts";
import { flowText } from "./flow_text.ts";

/** Draws a flow under a title: boxes from left to right in HTML, a line per step in text. */
export function flowPicture(title: string, flow: Flow): Picture {
  const terminal = flowText(title, flow);
  return { text: terminal(unpainted), terminal, html: titleHtml(title) + flowHtml(flow) };
}
