/**
 * Notebooks as JupyterLab shows them: HTML pages with its style sheets, made by nbconvert.
 *
 * nbconvert comes with JupyterLab. It applies the same order of MIME types and the same CSS, in a light or a dark theme.
 *
 * @module
 */
import { join } from "node:path";
import { canRun } from "../support/needs.ts";

/** A theme of JupyterLab. */
export type Theme = "light" | "dark";

/** Returns the command of a Jupyter that has nbconvert: in the PATH, or where the README installs it; else undefined. */
export async function findNbconvert(): Promise<string | undefined> {
  const home = Deno.env.get("HOME");
  const candidates = ["jupyter", ...home ? [join(home, ".venvs/jupyter/bin/jupyter")] : []];
  for (const command of candidates) if (await canRun(command, "nbconvert", "--version")) return command;
  return undefined;
}

/**
 * Writes a notebook with its outputs as `name`.html into `folder`. Returns the path of the page.
 *
 * @throws {Error} with nbconvert's own words when it fails
 */
export async function writeHtml(
  jupyter: string,
  notebook: string,
  folder: string,
  name: string,
  theme: Theme,
): Promise<string> {
  const { success, stderr } = await new Deno.Command(jupyter, {
    args: ["nbconvert", "--to", "html", "--theme", theme, "--output-dir", folder, "--output", name, notebook],
    stdout: "null",
  }).output();
  if (!success) throw new Error(`nbconvert failed: ${new TextDecoder().decode(stderr)}`);
  return join(folder, `${name}.html`);
}
