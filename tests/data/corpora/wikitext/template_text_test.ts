import assert from "node:assert/strict";
import { plainWikitext } from "../../../../src/data/corpora/wikitext.ts";

/** Checks texts of templates inside a sentence, as the English Wikipedia shows them without the converted values. */
function check(cases: readonly (readonly [string, string])[], language = "en"): void {
  for (const [markup, text] of cases) {
    assert.equal(
      plainWikitext(`x ${markup} y`, undefined, { site: { language }, title: "Page" }),
      `x ${text} y`,
      markup,
    );
  }
}

Deno.test("measures keep what the author wrote", () => {
  check([
    ["{{convert|10|km}}", "10 km"],
    ["{{Convert|10|km|mi|1|abbr=on}}", "10 km"],
    ["{{cvt|3|x|4|m}}", "3 by 4 m"],
    ["{{convert|2|x|3|x|4|cm|in}}", "2 by 3 by 4 cm"],
    ["{{convert|10|-|20|km2|sqmi|0}}", "10–20 km²"],
    ["{{convert|105|and(-)|130|cm|ft}}", "105 and 130 cm"],
    ["{{convert|5|+/-|0.1|kg|lb}}", "5 ± 0.1 kg"],
    ["{{convert|5|ft|11|in|cm}}", "5 ft 11 in"],
    ["{{convert|5|ft|1}}", "5 ft"],
    ["{{convert|1+1/2|in}}", "1+1/2 in"],
    ["{{convert|-40|C|F}}", "-40 °C"],
    ["{{convert|2.5|e6acre}}", "2.5 million acre"],
    ["{{val|1.5|0.1|e=-6|u=km}}", "1.5±0.1×10⁻⁶ km"],
    ["{{val|7|2|1|u=s}}", "7+2−1 s"],
    ["{{frac|1|2}} {{frac|3|1|2}} {{frac|4}}", "1⁄2 3 1⁄2 1⁄4"],
    ["{{height|ft=6|in=1}}", "6 ft 1 in"],
    ["{{US$|5 million}} {{£|3}} {{EUR|2}}", "US$5 million £3 €2"],
    ["{{coord|48|51|24|N|2|21|E|display=inline}}", "48°51′24″N 2°21′E"],
    ["{{coord|-33.9|18.4}}", "33.9°S 18.4°E"],
  ]);
});

Deno.test("words of other languages and their sounds stay", () => {
  check([
    ["{{lang|fr|mot}} {{lang-fr|mot}} {{langx|ru|слово|slovo}}", "mot mot слово, slovo"],
    ["{{lang|fr|italic=no|mot}} {{Lang|de|1=x|2=Wort}}", "mot Wort"],
    ["{{transl|ru|Moskva}} {{transliteration|ar|DIN|ḥ}}", "Moskva ḥ"],
    [
      "{{nihongo|Tokyo|東京|Tōkyō|city}} {{nihongo||東京|Tōkyō}} {{Nihongo|Go}}",
      "Tokyo (東京, Tōkyō, city) Tōkyō (東京) Go",
    ],
    [
      "{{IPA|/x/}} {{IPA|fr|mo}} {{IPA-fr|mo|lang|Fr-mo.ogg}} {{IPAc-en|h|ə|_|l|oʊ}}",
      "/x/ [mo] [mo] /hə loʊ/",
    ],
    ["{{respell|hə|LOH}} {{zh|s=汉|p=hàn}}", "hə-LOH 汉; hàn"],
    ["{{ill|Name|fr|Nom}} {{ill|Name|fr|Nom|lt=label}}", "Name label"],
  ]);
});

Deno.test("dates are written as the wiki writes them", () => {
  check([
    [
      "{{as of|2011}} {{as of|2011|3|15|lc=y}} {{As of|2013|June}}",
      "As of 2011 as of 15 March 2011 As of June 2013",
    ],
    ["{{circa|1500}} {{circa|1500|1600}} {{fl.|1550}}", "c. 1500 c. 1500 – c. 1600 fl. 1550"],
    ["{{birth date|1950|3|2}} {{birth date and age|df=yes|1950|03|02}}", "March 2, 1950 2 March 1950"],
    ["{{death date and age|2000|1|2|1950|3|4}} {{start date|1999|5}}", "January 2, 2000 (aged 49) May 1999"],
    ["{{OldStyleDate|February 2|1905|January 20}}", "February 2 [O.S. January 20] 1905"],
  ]);
  check([[
    "{{date|14|juillet|1789}} {{s|XIX|e}} {{XIXe siècle}} {{1er}}",
    "14 juillet 1789 XIXe siècle XIXe siècle 1er",
  ]], "fr");
});

Deno.test("templates of form give their text", () => {
  check([
    ["{{nowrap|a b}} {{nowrap|1=c=d}} {{small|s}} {{abbr|HTML|Hyper}} {{sc|x}}", "a b c=d s HTML x"],
    ["{{color|red|warm}} {{resize|90%|x}} {{sort|01|one}}", "warm x one"],
    ["a{{spaced ndash}}b{{mdash}}c{{snd}}d{{nbsp}}e", "a – b—c – d e"],
    ["''Eagle''{{'}}s {{'s}} {{!}} {{=}} {{((}}a{{))}} {{*}}", "Eagle's 's | = {{a}} •"],
    ["{{hlist|a|b}} {{linktext|x|y}} {{chem|H|2|O}}", "a · b xy H2O"],
    [
      "{{USS|Enterprise|CV-6}} {{HMS|Victory}} {{USS|Hornet|CV-12|6}}",
      "USS Enterprise (CV-6) HMS Victory USS Hornet",
    ],
    ["{{harvtxt|Knuth|Plass|1981}} {{section link|Page|Part}}", "Knuth & Plass (1981) Page § Part"],
    ["{{tl|cite}} {{ISBN|123}} {{bibleverse||John|3:16|KJV}}", "{{cite}} ISBN 123 John 3:16"],
  ]);
  const quoted = "\nText here.\n— Author, Source\n";
  for (
    const markup of [
      "{{quote|Text here.|Author|Source}}",
      "{{blockquote|text=Text here.|author=Author|source=Source}}",
      "{{rquote|left|Text here.|Author|Source}}",
      "{{cquote|Text here.|20px|20px|Author|Source}}",
    ]
  ) assert.equal(plainWikitext(`x\n${markup}\ny`), `x\n${quoted}\ny`, markup);
});

Deno.test("parser functions are computed where the page alone decides", () => {
  check([
    ["{{#if:a|b|c}} {{#if: |b|c}} {{#ifeq:1|1.0|same|other}}", "b c same"],
    ["{{#switch:b|a=1|b|c=2|3}} {{#switch:z|a=1|#default=4}} {{#switch:z|a=1|5}}", "2 4 5"],
    ["{{lc:ABC}} {{uc:abc}} {{ucfirst:abc}} {{lcfirst:ABC}}", "abc ABC Abc aBC"],
    ["{{formatnum:1234567.891}} {{formatnum:1,234|R}} {{formatnum:abc}}", "1,234,567.891 1234 abc"],
    ["{{plural:1|one|more}} {{plural:3|one|more}} {{PAGENAME}}", "one more Page"],
    ["a{{#tag:ref|note}} {{#tag:span|text}} {{{1|default}}}", "a text default"],
  ]);
  check([["{{formatnum:1234567.5}}", "1.234.567,5"]], "de");
  check([["{{formatnum:1234567.5}}", "1 234 567,5"]], "fr");
});

Deno.test("boxes, citations and notes of editors give nothing; an unknown template in a sentence its last argument", () => {
  check([
    ["a{{citation needed|date=May 2015}} b{{sfn|Smith|2001|p=5}}{{rp|12}}", "a b"],
    ["a {{cite web|url=http://x|title=T}}, b", "a, b"],
    ["({{Infobox|a|b}}; born 1950) (c {{efn|d}}) ({{fact}})", "(born 1950) (c)"],
    ["{{unheard of|a|b=c|last one}}", "last one"],
    ["{{unheard of|a|}} {{unheard of|1=z}}", "a z"],
    ["{{Template:Nowrap|a}} {{subst:nowrap|b}} {{template: small |c}}", "a b c"],
    ["{{foo|{{bar|inner}}}}", "inner"],
    ["a{{foo|x.jpg}} {{foo|http://x.test/}}b", "a b"],
  ]);
  assert.equal(
    plainWikitext(
      "{{Main|Other}}\n{{unheard of|a}}\n{{stub}}{{foo|b}}\ntext\n\n{{Navbox\n|list={{foo|c}}\n}}",
    ),
    "text",
  );
});

Deno.test("patterns of one's own replace a template's text, and cannot make it grow without bounds", () => {
  const templates = new Map([["book", "“$1” by ${author}"], ["double", "$1$1"]]);
  const convert = (text: string) => plainWikitext(text, undefined, { templates });
  assert.equal(convert("{{Book|Emma|author=Austen}} {{book|X}}."), "“Emma” by Austen “X” by .");
  const nested = `${"{{double|".repeat(60)}ab${"}}".repeat(60)}`;
  assert.ok(convert(nested).length <= 200_000);
});

Deno.test("templates of other wikis whose last argument is not their text", () => {
  check([[
    "{{abréviation|HTML|Hyper}} {{heures|12|30}} {{rom-maj|XIX|19}} {{Mme|Curie}} {{av JC}}",
    "HTML 12 h 30 XIX Mme Curie av. J.-C.",
  ]], "fr");
  check([[
    "{{citation nécessaire|phrase}} {{unité|1234|km}} {{date|14|7|1789}}",
    "phrase 1 234 km 14 juillet 1789",
  ]], "fr");
  check(
    [["{{fecha|14|7|1789}} {{unidad|10|km}} {{siglo|XIX||s}}", "14 de julio de 1789 10 km siglo XIX"]],
    "es",
  );
  check([['{{Höhe|1234|DE-NHN}} {{§|1|bgb|juris}} {{"|Wort}}', "1234 m § 1 BGB „Wort“"]], "de");
  check([[
    "{{comment|слово|пояснение}} {{нп5|Страница|текст|en}} {{s|две строки}}{{нет АИ|1|2}}",
    "слово текст две строки",
  ]], "ru");
  check([["{{music|flat}} {{BWV|232}} {{1/2}} {{alpha}} {{em dash}} {{term|word}}", "♭ BWV 232 ½ α — word"]]);
});
