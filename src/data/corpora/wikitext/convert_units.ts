/**
 * The template `convert` of Wikipedia: a measure or a range of measures with its unit, without the converted value.
 *
 * @module
 */
import type { TemplateArgs } from "./template_args.ts";

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
