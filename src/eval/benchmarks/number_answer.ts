/**
 * Numbers in answers: found in a model's text and written in one form, so that equal numbers are equal texts.
 *
 * @module
 */

/** A fraction in lowest terms with a positive denominator. */
interface Rational {
  n: bigint;
  d: bigint;
}

/** Longest number that is put into one form, in characters; a longer one stays as it is. [ours] */
const maxLength = 200;

/**
 * Returns a number in one form: 7, 7.0 and +7 become `7`, 1,000 becomes `1000`, 1/2, \frac{1}{2} and .5 become `0.5`, 1 1/2
 * becomes `1.5`, 2/6 becomes `1/3`. Returns undefined for anything else.
 */
export function canonicalRational(text: string): string | undefined {
  const number = text.length <= maxLength ? rationalOf(text.trim()) : undefined;
  return number && written(number);
}

/** Reads a decimal number, a fraction or a mixed number. */
function rationalOf(text: string): Rational | undefined {
  const decimal = /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+|(?=\.\d))(?:\.(\d*))?$/.exec(text);
  if (decimal) {
    const [, sign, whole, part = ""] = decimal;
    return reduced(sign, BigInt(whole.replaceAll(",", "") + part), 10n ** BigInt(part.length));
  }
  const fraction =
    /^([+-]?)(?:(\d+)\s*(?=\\frac)|(\d+)\s+)?(?:(-?\d+)\s*\/\s*(-?\d+)|\\frac\s*\{\s*(-?\d+)\s*\}\s*\{\s*(-?\d+)\s*\})$/
      .exec(text);
  if (!fraction) return undefined;
  const [, sign, a, b, n1, d1, n2, d2] = fraction;
  const [whole, n, d] = [a ?? b, BigInt(n1 ?? n2), BigInt(d1 ?? d2)];
  if (d === 0n || (whole !== undefined && (n < 0n || d < 0n))) return undefined;
  return reduced(sign, BigInt(whole ?? 0) * d + n, d);
}

function reduced(sign: string, n: bigint, d: bigint): Rational {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b > 0n) [a, b] = [b, a % b];
  const unit = (sign === "-" ? -1n : 1n) * (d < 0n ? -1n : 1n) * (a || 1n);
  return { n: n / unit, d: d / unit * (d / unit < 0n ? -1n : 1n) };
}

/** Writes a fraction as a decimal number where that ends. */
function written({ n, d }: Rational): string {
  let digits = 0;
  let rest = d;
  while (rest % 10n === 0n) [rest, digits] = [rest / 10n, digits + 1];
  while (rest % 5n === 0n) [rest, digits] = [rest / 5n, digits + 1];
  while (rest % 2n === 0n) [rest, digits] = [rest / 2n, digits + 1];
  if (rest !== 1n) return `${n}/${d}`;
  const scaled = n * 10n ** BigInt(digits) / d;
  const text = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, "0");
  const at = text.length - digits;
  return `${scaled < 0n ? "-" : ""}${text.slice(0, at)}${digits > 0 ? `.${text.slice(at)}` : ""}`;
}

/**
 * Returns a number of an answer in one form, without currency, per cent, LaTeX's marks and the units behind it; a text
 * without a number as it is.
 */
export function canonicalNumber(text: string): string {
  const plain = text.replace(/\u2212/g, "-").replace(/\\?[$€£¥]|\\?%|\{,\}|\\[!,;: ]|[()]/g, " ").trim();
  const tidy = plain.replace(/^([+-])\s+/, "$1").replace(/\\[dtc]frac/g, "\\frac").replace(/\.$/, "");
  const bare = tidy.replace(/\\frac\s*(\d)\s*(\d)/, "\\frac{$1}{$2}");
  return canonicalRational(bare) ?? canonicalRational(bare.replace(/(?<=\d),(?=\d)/g, "")) ??
    plain.replace(/[,\s]/g, "").replace(/\.$/, "");
}

const sign = "[-+\\u2212]?";
const currency = "(?:\\\\?[$€£¥]\\s*)?";
const integer = "\\d[\\d,]*(?<!,)";
const fraction = `\\\\[dtc]?frac\\s*(?:\\{\\s*-?\\d+\\s*\\}\\s*\\{\\s*-?\\d+\\s*\\}|\\s*\\d\\s*\\d)`;
const value =
  `(?:(?:\\d+\\s*)?${fraction}|\\d+\\s+\\d+\\/\\d+|${integer}\\s*\\/\\s*\\d+(?![\\d.])|${integer}(?:\\.\\d+)?|\\.\\d+)`;
const numberPattern = `${sign}\\s?${currency}${sign}${value}`;

/** Returns the first number of a text, with its sign and currency; undefined when there is none. */
export function firstNumber(text: string): string | undefined {
  return new RegExp(numberPattern).exec(text)?.[0].trim();
}

/** Returns the last number of a text, with its sign and currency; fractions are not looked for. */
export function lastNumber(text: string): string | undefined {
  return text.match(/[-\u2212]?\\?\$?[-\u2212]?(?:\d[\d,]*(?<!,)(?:\.\d+)?|\.\d+)/g)?.at(-1);
}
