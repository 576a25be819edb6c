/**
 * Templates whose text is put together from several arguments: dates, measures, sums of money, ships, coordinates.
 *
 * @module
 */
import type { TemplateArgs } from "./template_args.ts";
import { formatDate } from "./wiki_numbers.ts";

/** Returns a date of year, month and day; a text that is no number stays. */
export function dateText(parts: readonly string[], language: string, order: "day first" | "own"): string {
  const [year = "", month, day] = parts;
  return formatDate([year, month ?? "", day ?? ""], language, order);
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Returns a value with its error, power of ten and unit: `1.5±0.1×10⁶ km`. */
export function measureText(args: TemplateArgs): string {
  const [value = "", error = "", minus = ""] = args.positional;
  const power = args.named("e").replace(/\d/g, (digit) => superscripts[Number(digit)]).replace(/^[-−]/, "⁻");
  const unit = args.named("u", "ul", "up", "upl");
  const per = args.named("upl", "up").length ? "/" : "";
  const number = value + (minus ? `+${error}−${minus}` : error && (/^\(/.test(error) ? error : `±${error}`));
  const main = args.named("u", "ul") || per ? ` ${unit}` : "";
  return args.named("p") + number + (power && `×10${power}`) + main + args.named("s");
}

const currencies: Readonly<Record<string, string>> = {
  gbp: "£",
  "pound sterling": "£",
  eur: "€",
  euro: "€",
  jpy: "¥",
  cny: "CN¥",
  rmb: "RMB ",
  inr: "₹",
  "indian rupee": "₹",
};

/** Returns a sum with the sign of its currency in front. */
export function poundsOf(args: TemplateArgs, _: string, name: string): string {
  return (currencies[name] ?? name) + args.at(0);
}

/** Returns the name of a ship: `USS Enterprise (CV-6)`. The last argument tells which parts are shown. */
export function shipName(args: TemplateArgs, _: string, name: string): string {
  const [prefix, ship = "", id = "", format = ""] = name === "ship"
    ? args.positional
    : [name.toUpperCase(), ...args.positional];
  const isFormat = /^[1-6]$/.test(id) && !format;
  const how = isFormat ? id : format;
  const hull = isFormat ? "" : id;
  if (how === "1" || how === "3") return hull || ship;
  if (how === "2") return ship;
  const full = [prefix, ship].filter(Boolean).join(" ");
  return hull && how !== "6" && how !== "5" ? `${full} (${hull})` : full;
}

/** Returns coordinates as the page shows them: `48°51′24″N 2°21′3″E`; "" where only the title shows them. */
export function coordinates(args: TemplateArgs): string {
  const display = args.named("display");
  if (display && !/^(inline|it|i\b|inline,)/.test(display)) return "";
  const parts = args.filled().filter((part) => /^-?[\d.]+$|^[NSEWnsew]$/.test(part));
  if (parts.length === 2) return parts.map((part, i) => decimal(part, i === 0 ? "NS" : "EW")).join(" ");
  let text = "";
  let unit = 0;
  for (const part of parts) {
    if (/[a-z]/i.test(part)) {
      text += `${part.toUpperCase()} `;
      unit = 0;
    } else text += part + "°′″"[Math.min(unit++, 2)];
  }
  return text.trim();
}

function decimal(degrees: string, [positive, negative]: string): string {
  return degrees.startsWith("-") ? `${degrees.slice(1)}°${negative}` : `${degrees}°${positive}`;
}

/** Words between two values, as the wiki shows them. */
const between: Readonly<Record<string, string>> = {
  "-": "–",
  "–": "–",
  "&ndash;": "–",
  to: " to ",
  "to(-)": " to ",
  "to about": " to about ",
  and: " and ",
  "and(-)": " and ",
  or: " or ",
  "&": " & ",
  x: " by ",
  "×": " × ",
  by: " by ",
  "by(x)": " by ",
  "x(x)": " × ",
  xx: " × ",
  "*": " × ",
  "+": " + ",
  "/": " / ",
  ",": ", ",
  "+/-": " ± ",
  "±": " ± ",
  "−": "–",
};

/** Signs of units whose code is another. */
const signs: Readonly<Record<string, string>> = {
  C: "°C",
  F: "°F",
  R: "°R",
  sqkm: "km²",
  sqm: "m²",
  sqmi: "sq mi",
  sqft: "sq ft",
  sqin: "sq in",
  sqyd: "sq yd",
  cuft: "cu ft",
  cuin: "cu in",
  cuyd: "cu yd",
  cumi: "cu mi",
  ft2: "sq ft",
  mi2: "sq mi",
  in2: "sq in",
  ft3: "cu ft",
  in3: "cu in",
  yd3: "cu yd",
  USgal: "US gal",
  usgal: "US gal",
  impgal: "imp gal",
  floz: "fl oz",
  USfloz: "US fl oz",
  USoz: "US fl oz",
  impoz: "imp fl oz",
};

/** Returns the measure as it was written: `10 km`, `3 by 4 m`, `5 ft 11 in`. */
export function convertedMeasure(args: TemplateArgs): string {
  const { positional: parts } = args;
  let text = args.at(0);
  let at = 1;
  // The value behind the word is needed: `{{convert|10|x}}` has the unit x.
  for (; between[parts[at]] !== undefined && isValue(parts[at + 1]); at += 2) {
    text += between[parts[at]] + parts[at + 1];
  }
  const unit = args.at(at);
  const [second, smaller] = [args.at(at + 1), args.at(at + 2)];
  const shown = unit === "" ? text : `${text} ${unitSign(unit)}`;
  // `5|ft|11|in` is one measure of two units; `5|ft|1` has the digits of the converted value behind the unit.
  return isValue(second) && isSmaller(unit, smaller) ? `${shown} ${second} ${unitSign(smaller)}` : shown;
}

function isValue(part = ""): boolean {
  return /^[-+−]?[\d.,/+⁄ ]*\d/.test(part);
}

/** Pairs of units that are written together, the larger first. */
const pairs = new Set(
  "ft in|yd ft|mi yd|mi ch|mi furlong|lb oz|st lb|m cm|km m|LT cwt|h min".split("|"),
);

function isSmaller(unit: string, next: string): boolean {
  return pairs.has(`${unit} ${next}`);
}

const powers: Readonly<Record<string, string>> = {
  e3: "thousand ",
  e6: "million ",
  e9: "billion ",
  e12: "trillion ",
};

function unitSign(unit: string): string {
  const power = /^(e3|e6|e9|e12)(.+)/.exec(unit);
  if (power) return powers[power[1]] + unitSign(power[2]);
  return signs[unit] ??
    unit.replace(/([a-z])([23])\b/g, (_, letter, power) => letter + (power === "2" ? "²" : "³"));
}
