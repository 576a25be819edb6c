/**
 * A page of sections as one HTML file that needs nothing else, and as Markdown with its figures beside it.
 *
 * @module
 */
import {
  escapeHtml,
  escapeMarkdown,
  htmlOf,
  type LineChart,
  lineChart,
  lineChartSvg,
  markdownOf,
  type Picture,
} from "@llamero/sdk/display";

/** A chart that Markdown shows as an image file. */
export interface Figure {
  /** Name of the image beside the Markdown. */
  file: string;
  /** The curves. */
  chart: LineChart;
}

/** A paragraph, whose links are written as in Markdown, a picture, or a figure. */
export type Block = string | Picture | Figure;

/** A section of a page. */
export interface Section {
  /** Anchor, unique on the page. */
  id: string;
  /** Heading. */
  title: string;
  /** Its blocks in order. */
  blocks: readonly Block[];
}

/** A page. */
export interface Page {
  /** Title of the page. */
  title: string;
  /** Blocks above the sections. */
  head: readonly Block[];
  /** Sections in order. */
  sections: readonly Section[];
  /** Start of the first cell of the rows to point out. */
  own: string;
}

/** Returns the page as an HTML document without outside resources, for light and dark screens of any width. */
export function htmlPage({ title, head, sections, own }: Page): string {
  const links = sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`);
  const body = sections.map(({ id, title, blocks }) =>
    `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${
      blocks.map((b) => htmlBlock(b, own)).join("\n")
    }\n</section>`
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${head.map((block) => htmlBlock(block, own)).join("\n")}
<nav><ul>${links.join("")}</ul></nav>
${body.join("\n")}
</main>
</body>
</html>
`;
}

/** Returns the page as Markdown. */
export function markdownPage({ title, head, sections }: Page): string {
  const parts = [
    `# ${escapeMarkdown(title)}`,
    ...head.map(markdownBlock),
    ...sections.flatMap(({ title, blocks }) => [`## ${escapeMarkdown(title)}`, ...blocks.map(markdownBlock)]),
  ];
  return parts.join("\n\n") + "\n";
}

/** Returns the image files of the page's figures, by name. */
export function figureFiles({ sections }: Page): Record<string, string> {
  const figures = sections.flatMap(({ blocks }) => blocks.filter(isFigure));
  return Object.fromEntries(figures.map(({ file, chart }) => [file, lineChartSvg(chart)]));
}

const STYLE = `
:root { --page: #ffffff; --ink: #1f2328; --quiet: #57606a; --line: #d0d7de; --own: #fff3c4; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --ink: #e6e9ec; --quiet: #a6afb8; --line: #3b4249; --own: #4a3f12; --link: #7ab7ff; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 16px 20px 64px; }
h1 { line-height: 1.2; margin: 24px 0 12px; }
h2 { margin: 48px 0 8px; padding-top: 12px; border-top: 1px solid var(--line); }
a { color: var(--link); }
nav ul { columns: 2 18em; padding-left: 20px; }
p { max-width: 44em; }
table { border-collapse: collapse; font-size: 14px; line-height: 1.35; }
th, td { border-bottom: 1px solid var(--line); }
th { vertical-align: bottom; white-space: normal !important; }
.block > div:last-child { font-size: 14px; }
tr.own > * { background: var(--own); }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--page); }
tr.own > td:first-child { background: var(--own); }
.block { margin: 20px 0; }
pre { overflow-x: auto; }
`;

function htmlBlock(block: Block, own: string): string {
  if (typeof block === "string") return `<p>${withLinks(block)}</p>`;
  const picture = isFigure(block) ? lineChart(block.chart) : block;
  const html = htmlOf(picture).replaceAll(
    /<tr>(?=<td[^>]*>([^<]*))/g,
    (row, cell) => cell.startsWith(own) ? '<tr class="own">' : row,
  );
  return `<div class="block">${html}</div>`;
}

function markdownBlock(block: Block): string {
  if (typeof block === "string") return block;
  if (!isFigure(block)) return markdownOf(block);
  return `![${escapeMarkdown(block.chart.title)}](${block.file})`;
}

function withLinks(text: string): string {
  return escapeHtml(text).replaceAll(/\[([^\]]+)\]\((https:[^)]+)\)/g, '<a href="$2">$1</a>');
}

function isFigure(block: Block): block is Figure {
  return typeof block !== "string" && "chart" in block;
}
