/**
 * Templates of Wikipedia that carry text, by name: the words that a reader of the page sees.
 *
 * Names are those of the English Wikipedia and the commonest of the paper's other languages. A template that is not
 * listed gives its last argument; see `template_text.ts`.
 *
 * @module
 */
import { convertedMeasure, dateText, measureText, poundsOf, shipName } from "./template_values.ts";
import type { TemplateArgs } from "./template_args.ts";
import { formatNumber } from "./wiki_numbers.ts";

/** Returns the text of a template from its arguments. */
export type TemplateValue = (args: TemplateArgs, language: string, name: string) => string;

const byName = new Map<string, TemplateValue>();

/** Returns the function of a template that carries text, by its name. Only names of ships are told by capitals. */
export function inlineTemplate(name: string): TemplateValue | undefined {
  const key = name.toLowerCase();
  return byName.get(name) ?? byName.get(key) ?? patterns.find(([pattern]) => pattern.test(key))?.[1];
}

function define(names: string, value: TemplateValue): void {
  for (const name of names.split("|")) byName.set(name, value);
}

const first: TemplateValue = (args) => args.filled()[0] ?? "";
const last: TemplateValue = (args) => args.last();
const all = (separator: string): TemplateValue => (args) => args.filled().join(separator);
const around = (open: string, close: string): TemplateValue => (args) =>
  `${open}${first(args, "", "")}${close}`;

define(
  "nowrap|nobr|nobold|noitalic|noitalics|nobreak|small|smaller|big|larger|large|smallcaps|smallcaps2|sc|sc2|aut|em|" +
    "strong|mono|monospace|tt|kbd|samp|code|inline code|var|mvar|math|tmath|sub|sup|su|u|underline|strike|del|ins|" +
    "abbr|abbreviation|abbrlink|tooltip|midsize|roman|serif|sans-serif|italic|italics|bold|" +
    "smalldiv|nihongo2|vanchor|visible anchor|chem2|ipa link|ipalink|ill|illm|ill2|" +
    "interlanguage link|interlanguage link multi|red link|wikt-lang|no italics|as written|proper name|flag|" +
    "flagu|flagcountry|flag country|flag+link|country|nft|nfb|fb|cr|число|num|nombre|nb|" +
    "nobreak|langue2|sortable|sans|polytonic|unicode|hebrew|grc|angbr ipa|ipafont|no break|" +
    "term|defn|block indent|center|in5|indent|abréviation|abr|abd|infobulle|comment|rom-maj|rom",
  (args, language, name) =>
    /^(число|num|nombre|nb)$/.test(name)
      ? args.filled().map((part) => formatNumber(part, language)).join(" ")
      : args.named("lt", "label", "text") || first(args, language, name),
);
define(
  "lang|langue|transl|transliteration|translit|xlit|color|colour|font color|fontcolor|font|resize|font size|hover title|" +
    "h:title|sort|script|script/arabic|script/hebrew|style|span|textcolor|cizojazyčně|jazyk|rtl-lang|ltr-lang|align|" +
    "nts|ntsh|bdo|ruby-text|mark|highlight|audio|audio-ipa|pronunciation",
  (args, language, name) => args.named("texte", "text", "label") || last(args, language, name),
);
define("linktext|chem|not a typo", all(""));
define("respell|pronunciation respelling", all("-"));
define("gaps", all(" "));
define("hlist|flatlist|flat list|dotlist", all(" · "));
define(
  "plainlist|plain list|unbulleted list|ubl|ublist|ulist|bulleted list|blist|ordered list|collapsible list|div col|" +
    "columns-list|columns list|cslist|comma separated entries|bulletlist",
  (args, _, name) => args.filled().join(/^c(slist|omma)/.test(name) ? ", " : "\n"),
);
define("ipa", ({ positional }) => positional.length > 1 ? `[${positional[1]}]` : positional[0] ?? "");
define("ipablink|ipa blink|brackets|bracket", around("[", "]"));
define("ipaslink|ipa slink", around("/", "/"));
define("angbr|angle bracket|angle brackets|bra-ket", around("⟨", "⟩"));
define("sqrt|radic|radical", around("√", ""));
define("circa|c.|ca.", (args) => args.filled().map((year) => `c. ${year}`).join(" – ") || "c.");
define("floruit|fl.|fl", (args) => `fl. ${args.filled().join("–")}`.trim());
define("reign|r.", (args) => `r. ${args.filled().join("–")}`.trim());
define("as of|asof|à jour|update after as of", (args, language) => {
  const date = dateText(args.positional, language, args.named("df") === "US" ? "own" : "day first");
  return args.named("alt") || `${args.named("lc") ? "as" : "As"} of ${date}${args.named("post")}`;
});
/** Dates whose day comes first: `{{date|14|juillet|1789}}`, `{{fecha|14|7|1789}}`. */
define(
  "date|date-|fecha|data|dni|dtlink|дата|date de naissance|date de décès|date de naissance-",
  (args, language) => {
    const [day, month, year] = args.filled();
    if (/^\d{3,4}$/.test(day ?? "") && !/^\d{3,4}$/.test(year ?? "")) {
      return dateText(
        args.positional,
        language,
        "own",
      );
    }
    const isNumber = /^\d{1,2}$/.test(day ?? "") && /^\d{1,2}$/.test(month ?? "") &&
      /^\d{3,4}$/.test(year ?? "");
    return isNumber ? dateText([year, month, day], language, "own") : args.filled().slice(0, 3).join(" ");
  },
);
define(
  "birth date|birth date and age|bda|dob|birth-date|birth-date and age|death date|death-date|start date|end date|" +
    "start date and age|film date|birth year and age|birth year|dts|start-date|end-date|release date|launch date|" +
    "datum|dato|dato og alder",
  (args, language) =>
    dateText(args.positional, language, args.named("df", "mf") && !args.named("mf") ? "day first" : "own"),
);
define("death date and age|dda|death-date and age|death year and age", (args, language) => {
  const [year, month, day, ...birth] = args.filled();
  const isYears = !birth.length;
  const [died, born] = isYears ? [[year], [month]] : [[year, month, day], birth];
  const before = Number(died[1]) * 100 + Number(died[2]) < Number(born[1]) * 100 + Number(born[2]) ? 1 : 0;
  const age = Number(died[0]) - Number(born[0]) - before;
  const date = dateText(died, language, args.named("df") ? "day first" : "own");
  return Number.isInteger(age) && !isYears ? `${date} (aged ${age})` : date;
});
define("oldstyledate|os date|oldstyledatedy|oldstyledatenyear", (args) => {
  const [date, year, old] = args.positional;
  return `${date ?? ""} [O.S. ${old ?? ""}] ${year ?? ""}`;
});
define(
  "convert|cvt|conv|unité|unite|unit|unidad|unità|m|mesure|converteren|omregn|konvertera",
  (args, language, name) => {
    const unit = args.named("u", "ul", "ud");
    if (!/^con|^cvt/.test(name) || unit) {
      return [...args.filled().map((part) => formatNumber(part, language)), unit].filter(Boolean).join(" ");
    }
    return convertedMeasure(args);
  },
);
define("val|quantity", measureText);
define(
  "height",
  (args) =>
    ["m", "cm", "ft", "in", "hand"].flatMap((unit) => args.named(unit) ? `${args.named(unit)} ${unit}` : [])
      .join(" "),
);
define("frac|sfrac|fraction|fract|tfrac|bruch", (args) => {
  const parts = args.filled();
  if (parts.length < 2) return parts.length ? `1⁄${parts[0]}` : "⁄";
  const [numerator, denominator] = parts.slice(-2);
  return `${parts.length > 2 ? `${parts[0]} ` : ""}${numerator}⁄${denominator}`;
});
define("e|×10^|10^", (args) => (args.positional.length ? `×10^${args.at(0)}` : "e"));
define(
  "nihongo|japonais|giapponese",
  ({ positional: [english = "", kanji = "", romaji = "", extra = ""] }) => {
    const name = english || romaji;
    const more = [kanji, english && romaji, extra].filter(Boolean).join(", ");
    return more ? `${name} (${more})`.trim() : name;
  },
);
define("nihongo3|nihongo krt", ({ positional: [english = "", kanji = "", romaji = "", extra = ""] }) => {
  const more = [kanji, romaji && english, extra].filter(Boolean).join(", ");
  return more ? `${romaji || english} (${more})` : romaji || english;
});
define("zh|lang-zh|zh-full|cjkv|korean|ko-hhrm|vi-nom", (args) =>
  [
    ...args.filled(),
    ...["c", "s", "t", "l", "p", "w", "j", "poj", "hangul", "hanja", "rr", "mr", "qn", "cn"].map((key) =>
      args.named(key)
    ),
  ].filter(Boolean).join("; "));
define(
  "quote|blockquote|quotation|cita|citazione|zitat|quote1|bquote|cytat|цитата|cquote|rquote|pull quote|quote box|" +
    "quotebox|citation bloc|centered pull quote|block quote|long quotation|poemquote|poem quote|verse translation|idézet|" +
    "citát|citaat|citat|epigraf|epigraph|эпиграф",
  (args, _, name) => {
    const named = args.named("text", "quote", "quotetext", "1", "texte", "testo", "цитата");
    const parts = /^rquote/.test(name) ? args.filled(1) : args.filled();
    const rest = (named ? parts : parts.slice(1)).filter((part) => !/^\d+(px|%|em)$/.test(part));
    const from = [
      ...rest,
      ...["author", "sign", "autor", "auteur", "autore", "автор", "source", "título", "fonte", "quelle"].map((
        key,
      ) => args.named(key)),
    ].filter(Boolean);
    const text = named || parts[0] || "";
    return text && `\n${text}${from.length ? `\n— ${from.join(", ")}` : ""}\n`;
  },
);
define('citation|"|guil|guillemets|«|qq', (args, language, name) => {
  if (args.positional.length === 0) return "";
  const marks: Record<string, string> = {
    fr: "«  »",
    de: "„“",
    ru: "«»",
    uk: "«»",
    pl: "„”",
    es: "«»",
    cs: "„“",
  };
  const pair = marks[language] ?? "“”";
  return name === "citation" && language !== "fr"
    ? ""
    : `${pair.slice(0, pair.length / 2)}${args.at(0)}${pair.slice(pair.length / 2)}`;
});
define(
  "lien|link-interwiki",
  (args) =>
    args.named("texte", "trad") && !args.at(0)
      ? args.named("texte", "trad")
      : args.named("texte") || args.at(0) || args.named("fr", "en"),
);
define("нп|нп1|нп2|нп3|нп4|нп5|не переведено|не перекладено|iw|iw2|нп-", (args) => args.at(1) || args.at(0));
define("s|s-|-s|sp|sp-", (args, language, name) => {
  if (language !== "fr") return args.at(0);
  const century = args.filled().join("").replace(/([er])(au|et|ou|,|-)(?=[IVX])/, "$1 $2 ");
  return `${century}${/-$/.test(name) ? "" : " siècle"}${name === "-s" ? " av. J.-C." : ""}`;
});
define("n°|numéro", (args) => `no ${args.at(0)}`.trim());
define("tl|tlx|tlp|tld|template link", (args) => args.at(0) && `{{${args.filled().join("|")}}}`);
define("section link|slink|seclink", (args) => {
  const [page, ...sections] = args.positional;
  return [page, ...sections.map((section) => `§ ${section}`)].filter(Boolean).join(" ");
});
define(
  "isbn|oclc|issn|doi|arxiv|pmid|bibcode|jstor|lccn|asin|s2cid",
  (args, _, name) =>
    `${name === "arxiv" ? "arXiv" : name === "doi" || name === "bibcode" ? name : name.toUpperCase()} ${
      args.at(0)
    }`,
);
define("harvtxt|harvcoltxt|harvnb text|citer", ({ positional }) => {
  const year = positional.findIndex((part) => /^\d{4}/.test(part));
  const authors = year < 0 ? positional : positional.slice(0, year);
  const last = authors.length > 3
    ? `${authors[0]} et al.`
    : authors.join(", ").replace(/, ([^,]*)$/, " & $1");
  return year < 0 ? last : `${last} (${positional[year]})`;
});
define("bibleverse|bibleref|bibleref2|bible", (args) => args.filled().slice(0, 2).join(" "));
define("music|musique", (args) => ({ flat: "♭", sharp: "♯", natural: "♮" })[args.at(0)] ?? args.at(0));
define(
  "bwv|hwv|rv|twv|kv|buxwv",
  (args, _, name) => `${name.toUpperCase().replace("BUXWV", "BuxWV")} ${args.at(0)}`,
);
define("su", (args) => args.named("p") + args.named("b"));
define("heures|heure", (args) => args.filled().join(" h "));
define("siglo", (args) => `siglo ${args.at(0)}`);
define("höhe", (args) => `${args.at(0)} m`);
define(
  "§|art.",
  (args, _, name) => `${name === "§" ? "§" : "Art."} ${args.at(0)} ${args.at(1).toUpperCase()}`.trim(),
);
define("us$|usd|us dollar", (args) => `US$${args.at(0)}`);
define("a$|au$|c$|ca$|nz$|hk$|r$", (args, _, name) => name.toUpperCase() + args.at(0));
define("£|gbp|pound sterling|€|eur|euro|¥|jpy|₹|inr|indian rupee|₽|cny|rmb", poundsOf);
define(
  "USS|HMS|SMS|SS|MS|MV|RMS|HMAS|HMCS|HMNZS|USNS|USCGC|INS|ORP|HNLMS|HDMS|HSwMS|RFA|USAT|ship",
  shipName,
);
define("sortname", (args) => [args.at(0), args.at(1)].filter(Boolean).join(" "));
define(
  "sic|recte",
  (args) =>
    args.named("hide", "nolink") === "y" ? all(" ")(args, "", "") : `${args.filled().join(" ")} [sic]`.trim(),
);
define("spaces|space|gap|nbsp|nbs|thinsp|hsp|hair space|thin space|pad", () => " ");
define("break|br|crlf|newline|clear br", () => "\n");
define("ipac-en|ipac-fr|ipac-pl|ipac-es|ipac-ru|ipac-de|ipac-cmn", (args, _, name) => {
  const sounds = args.filled().filter((part) =>
    !/^(us|uk|pron|lang|also|audio|local|.*\.og[ga])$/i.test(part)
  );
  const text = sounds.map((part) => part.replaceAll("_", " ")).join("");
  return name === "ipac-en" ? `/${text}/` : `[${text}]`;
});

/** Defines templates that are signs. */
function sign(text: string, names: string): void {
  define(names, () => text);
}

// As a reference, an apostrophe is not part of the markup of bold and italics.
sign("&#39;", "'|'-");
sign("&#39;s", "'s");
sign('"&#39;', "\"'|\" '");
sign('&#39;"', "'\"|' \"");
sign('"', '-"');
sign("&#91;", "[|(!(");
sign("&#93;", "]|)!)");
sign("{{", "((");
sign("}}", "))");
sign("{", "(");
sign("}", ")");
sign("=", "=");
sign("–", "ndash|endash|en dash|–|ndashb");
sign(" – ", "snd|snds|spnd|spaced ndash|spaced endash|spaced en dash|spaced en dash space");
sign("—", "mdash|emdash|em dash|—|mdashb|--");
sign(" — ", "spaced mdash|spaced em dash|spmd");
sign(" · ", "dot|·|middot");
sign(" • ", "•|bull|bullet");
sign("•", "*");
sign(" / ", "\\");
sign("…", "...|ellipsis|hellip");
sign("−", "minus");
sign("±", "+-|±|plusminus|pm");
sign("×", "times");
sign("°", "degree|deg");
sign("′", "prime");
sign("″", "pprime");
sign("∞", "infinity|infin");
sign("†", "dagger");
sign("‡", "double dagger|double-dagger|ddagger");
sign("&#35;", "number sign|hash");
sign(":", "colon");
sign("½", "1/2");
sign("¼", "1/4");
sign("¾", "3/4");
sign("ʻ", "okina|ʻokina");
sign("ʼ", "hamza");
sign("ʽ", "ayin");
sign("♯", "sharp");
sign("♭", "flat");
sign("♮", "natural");
sign("\u200d", "zwj");
sign("\u200c", "zwnj");
sign("av. J.-C.", "av jc|av. j.-c.|-jc");
sign("apr. J.-C.", "ap. j.-c.|apr. j.-c.|ap jc");
sign("er", "er");
sign("re", "re");
sign("ère", "ère");
sign("Ier", "ier");
sign("Ire", "ire");
sign("CO2", "co2");
sign("H2O", "h2o");
sign("до н. э.", "до н. э.|до н.э.");
sign("н. э.", "н. э.|н.э.");
const greek =
  "α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta κ kappa λ lambda μ mu ν nu ξ xi π pi ρ rho " +
  "σ sigma τ tau φ phi χ chi ψ psi ω omega";
for (const [, letter, name] of greek.matchAll(/(\S) (\w+)/g)) sign(letter, name);
// A call `{{!}}` cannot be told from a bar in the table of names.
byName.set("!", () => "|");
byName.set("!!", () => "||");

/** Families of names. */
const patterns: readonly [RegExp, TemplateValue][] = [
  // `{{lang-ru|text|transliteration}}`.
  [/^(lang|langx|lang-\w[\w-]*)$/, (args, _, name) => {
    const parts = name === "langx" ? args.filled(1) : args.filled();
    const meaning = args.named("lit");
    return [...parts.slice(0, 2), args.named("translit"), meaning && `lit. '${meaning}'`].filter(Boolean)
      .join(", ");
  }],
  [/^ipa-\w/, (args) => /^[[/]/.test(args.at(0)) ? args.at(0) : `[${args.at(0)}]`],
  // Centuries of the French Wikipedia: `{{XIXe siècle}}`, `{{s|XIX|e}}`.
  [/^[ivxlcdm]+(e|er|ème) siècle( av\. j\.-c\.)?$/, (_, __, name) => romanUpper(name)],
  [
    /^(?!m+e$)[ivxlcdm]+e$|^\d+(er|e|re|ème|o)$/,
    (args, _, name) => [romanUpper(name), ...args.filled()].join(" "),
  ],
  [
    /^(m\.|mm\.|mme|mmes|mlle|dr|pr|me|mgr|saint|sainte|st|ste)$/,
    (args, _, name) => [name[0].toUpperCase() + name.slice(1), ...args.filled()].join(" "),
  ],
];

function romanUpper(name: string): string {
  return name.replace(/^[ivxlcdm]+(?=er? |e$|er$|ème)/, (roman) => roman.toUpperCase()).replace(
    "j.-c.",
    "J.-C.",
  );
}
