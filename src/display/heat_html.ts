/**
 * A heat map as HTML for notebooks: a table where cells have words, images of cells where they have none.
 *
 * @module
 */
import { escapeHtml, noteHtml, scrolling, titleHtml } from "./html.ts";
import { COLOURS, GREY } from "./palette.ts";
import { element, svgImage, svgMarks } from "./svg.ts";
import { oneLine } from "./text_width.ts";

/** The parts of a heat map that its HTML shows. */
export interface HeatGrid {
  /** Line above the heat map. */
  title: string;
  /** Names of the rows. */
  rows: readonly string[];
  /** Names of the columns. */
  columns?: readonly string[];
  /** The panels. */
  panels: readonly HeatCells[];
  /** Returns the strength of a value's shade, 0 to 1; NaN for a blank cell. */
  share(value: number): number;
  /** Texts of the values with the weakest and the strongest shade. */
  scale: readonly [string, string];
  /** Alternative text of the images. */
  alt: string;
  /** Widest in pixels. */
  width: number;
}

interface HeatCells {
  title: string;
  values: readonly (readonly number[])[];
  texts?: readonly (readonly string[])[];
}

/** Colour of all shades: the stronger the value, the less of the page shines through. */
const COLOUR = COLOURS[0];
/** Opacity of the weakest shade, so that a cell of zero is seen beside a blank one. */
const WEAKEST = 0.1;
/** Opacity of the strongest shade behind words of the theme's colour, which keep a contrast of 4.5:1 on it. */
const STRONGEST_BEHIND_WORDS = 0.5;
/** Pixels of a cell above which every row has its name. */
const NAME = 11;
const GAP = 16;

/** Returns the HTML of a heat map, with the scale of its shades. */
export function heatHtml(grid: HeatGrid): string {
  const hasTexts = grid.panels.some(({ texts }) => texts);
  const body = hasTexts ? grid.panels.map((panel) => wordTable(grid, panel)).join("") : images(grid);
  const strongest = hasTexts ? STRONGEST_BEHIND_WORDS : 1;
  return `<div style="max-width:${grid.width}px">${titleHtml(grid.title)}${body}${
    scaleHtml(grid.scale, strongest)
  }</div>`;
}

/** Returns the opacity of a shade; the power lifts weak ones, which a dark page swallows. */
function opacity(share: number, strongest: number): number {
  return WEAKEST + (strongest - WEAKEST) * share ** 0.8;
}

/** Returns the colour of a shade as `#rrggbbaa`. */
function shade(share: number, strongest: number): string {
  return COLOUR + Math.round(255 * opacity(share, strongest)).toString(16).padStart(2, "0");
}

/** Returns the shades in six steps between the two values that they stand for. */
function scaleHtml([low, high]: readonly [string, string], strongest: number): string {
  const steps = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) =>
    `<span style="display:inline-block;vertical-align:middle;width:22px;height:12px;background:${
      shade(share, strongest)
    }"></span>`
  );
  return `<div style="margin:4px 0;font-size:12px;line-height:16px">${escapeHtml(oneLine(low))} ${
    steps.join("")
  } ${escapeHtml(oneLine(high))}</div>`;
}

/** Returns a panel of words as a table, which scrolls where the cell of the notebook is narrow. */
function wordTable(
  { rows, columns, panels, share }: HeatGrid,
  { title, values, texts = [] }: HeatCells,
): string {
  const cell = "padding:3px 6px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:120px";
  const plain = `<tr style="background:transparent">`;
  const head = columns === undefined
    ? ""
    : `<thead>${plain}<th></th>${
      columns.map((name) => `<th style="${cell};text-align:center">${escapeHtml(oneLine(name))}</th>`).join(
        "",
      )
    }</tr></thead>`;
  const body = rows.map((name, i) => {
    const cells = (values[i] ?? []).map((value, j) => {
      const s = share(value);
      const ground = Number.isNaN(s) ? "" : `;background:${shade(s, STRONGEST_BEHIND_WORDS)}`;
      const words = oneLine(texts[i]?.[j] ?? "");
      return `<td title="${escapeHtml(words)}" style="${cell};text-align:center${ground}">${
        escapeHtml(words)
      }</td>`;
    });
    return `${plain}<td style="${cell};text-align:right">${escapeHtml(oneLine(name))}</td>${
      cells.join("")
    }</tr>`;
  });
  const above = panels.length > 1 && title !== "" ? noteHtml(oneLine(title)) : "";
  return above + scrolling(
    `<table style="table-layout:auto;margin:0;border-collapse:separate;border-spacing:1px">${head}<tbody>${
      body.join("")
    }</tbody></table>`,
  );
}

/** Returns panels of cells without words: images beside each other, the names of the rows left of the first. */
function images(grid: HeatGrid): string {
  const { rows, columns, panels, alt, width } = grid;
  const count = Math.max(1, ...panels.map(({ values }) => Math.max(0, ...values.map((row) => row.length))));
  const side = Math.min(
    150,
    40 + Math.max(0, ...rows.map((name) => 8 * [...name].length)) - 16 + (columns ? 16 : 0),
  );
  const size = cellSize(panels.length, count, width - side - 24);
  const titled = panels.length > 1 && panels.some(({ title }) => title !== "");
  const numbered = columns !== undefined;
  const top = (titled ? 20 : 0) + (numbered ? 18 : 0);
  const every = Math.max(1, Math.ceil(NAME / size));
  const names = rows.map((name, i) => {
    const text = i % every === 0 ? `${numbered ? `${i + 1} ` : ""}${oneLine(name)}` : "";
    return `<div style="height:${size}px;line-height:${size}px;font-size:${
      Math.max(NAME - 1, Math.min(12, size - 1))
    }px;white-space:nowrap;overflow:${every > 1 ? "visible" : "hidden"};text-overflow:ellipsis">${
      escapeHtml(text)
    }</div>`;
  });
  const drawn = panels.map((panel, p) => {
    const head = titled
      ? `<div style="height:20px;line-height:20px;font-size:12px;opacity:0.8">${
        escapeHtml(oneLine(panel.title))
      }</div>`
      : "";
    const above = numbered ? columnNumbers(count, size) : "";
    const image = svgImage(
      cellsSvg(panel, count, rows.length, size, grid.share),
      p === 0 ? alt : panel.title,
      `display:block;width:${count * size}px;height:${rows.length * size}px;max-width:none`,
    );
    return `<div style="display:inline-block;vertical-align:top;margin:0 ${GAP}px 12px 0">${head}${above}${image}</div>`;
  });
  const left =
    `<div style="display:table-cell;vertical-align:top;padding:${top}px 8px 0 0;text-align:right;` +
    `max-width:${side}px;min-width:${side}px">${names.join("")}</div>`;
  const right = `<div style="display:table-cell;vertical-align:top">${drawn.join("")}</div>`;
  return scrolling(`<div style="display:table">${left}${right}</div>`) + namesOfColumns(rows, columns);
}

/** Returns the pixels of a cell: one panel is large, of several up to four stand in a line of `room` pixels. */
function cellSize(panels: number, columns: number, room: number): number {
  const beside = Math.min(4, panels);
  const fitting = panels > 1 ? Math.min(14, Math.max(6, (room / beside - GAP) / columns)) : 20;
  return Math.max(2, Math.floor(Math.min(fitting, room / columns)));
}

/** Returns the numbers of the columns above a panel, as many as have room. */
function columnNumbers(count: number, size: number): string {
  const every = [1, 2, 5, 10, 20, 50, 100].find((step) => step * size >= 20) ?? 200;
  const cells = Array.from(
    { length: count },
    (_, j) =>
      j === 0 || (j + 1) % every === 0
        ? `<span style="position:absolute;left:${(j + 0.5) * size - 15}px;width:30px;text-align:center">${
          j + 1
        }</span>`
        : "",
  );
  return `<div style="position:relative;height:18px;line-height:18px;font-size:11px;width:${
    count * size
  }px">${cells.join("")}</div>`;
}

/** Returns the names of numbered columns; nothing where they are those of the rows, which have the same numbers. */
function namesOfColumns(rows: readonly string[], columns?: readonly string[]): string {
  if (columns === undefined || columns.length === 0) return "";
  if (columns.length === rows.length && columns.every((name, i) => name === rows[i])) return "";
  return noteHtml(`Columns: ${columns.map((name, i) => `${i + 1} ${oneLine(name)}`).join(", ")}`);
}

function cellsSvg(
  { values }: HeatCells,
  columns: number,
  rows: number,
  size: number,
  share: (value: number) => number,
): string {
  const gap = size > 4 ? 1 : 0;
  const cells = values.slice(0, rows).flatMap((row, i) =>
    row.map((value, j) => {
      const s = share(value);
      if (Number.isNaN(s)) return "";
      const place = { x: j * size, y: i * size, width: size - gap, height: size - gap };
      // As text, since `element` rounds numbers to one decimal.
      return element("rect", { ...place, fill: COLOUR, "fill-opacity": opacity(s, 1).toFixed(2) });
    })
  );
  const frame = element("path", { d: `M0 0V${rows * size}H${columns * size}`, fill: "none", stroke: GREY });
  return svgMarks(Math.max(1, columns * size), Math.max(1, rows * size), cells.join("") + frame);
}
