/**
 * Numbers and dates as a wiki writes them in its language.
 *
 * @module
 */

const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

/** Returns a number with the separators of `language`, as `formatnum` does; a text that is no number stays. */
export function formatNumber(text: string, language: string): string {
  const found = /^([-−+]?)(\d{1,300})(\.\d+)?$/.exec(text.trim());
  if (!found) return text;
  let format = numbers.get(language);
  if (!format) {
    numbers.set(language, format = new Intl.NumberFormat(supported(language), { useGrouping: true }));
  }
  const point = format.formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  const [, sign, whole, fraction = ""] = found;
  const isLong = whole.length > 1 && whole[0] === "0";
  const grouped = isLong ? whole : format.format(BigInt(whole)).replace(/[\u00a0\u202f]/g, " ");
  return sign + grouped + (fraction && point + fraction.slice(1));
}

/**
 * Returns a date of the Gregorian calendar; without day or month the rest. `order` overrules the language's own order.
 */
export function formatDate(
  [year, month, day]: readonly string[],
  language: string,
  order: "day first" | "own" = "own",
): string {
  const [y, m, d] = [year, month, day].map((part) => /^\d{1,4}$/.test(part ?? "") ? Number(part) : undefined);
  if (y === undefined) return [day, month, year].filter(Boolean).join(" ");
  if (m === undefined && month) return [day, month, year].filter(Boolean).join(" ");
  if (m === undefined || m < 1 || m > 12) return year;
  const tag = language === "en" && order === "day first" ? "en-GB" : supported(language);
  const parts = d ? "ymd" : "ym";
  const key = `${tag} ${parts}`;
  let format = dates.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(tag, {
      year: "numeric",
      month: "long",
      ...(d && { day: "numeric" }),
      timeZone: "UTC",
    });
    dates.set(key, format);
  }
  const date = new Date(Date.UTC(2000, m - 1, d ?? 1));
  return format.format(date.setUTCFullYear(y)).replace(/[\u00a0\u202f]/g, " ");
}

function supported(language: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language)[0] ?? "en";
  } catch {
    return "en";
  }
}
