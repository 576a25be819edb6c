import assert from "node:assert/strict";
import { plainWikitext } from "../../../../src/data/corpora/wikitext.ts";

Deno.test("a link shows its label, else its target", () => {
  const cases: [string, string][] = [
    ["[[dog]]s [[Dog|the dog]]s [[dog#Tail|tail]] [[#Part]]", "dogs the dogs tail #Part"],
    ["[[a|b|c]] [[a|''b'']] [[ a ]]", "b|c b a"],
    ["[[Boston, Massachusetts|]] [[Wikipedia:Help (x)|]] [[a{{!}}b]]", "Boston Help b"],
    ["[[:Category:x]] [[:Category:x|y]] [[:File:a.jpg]] [[:fr:Lac]]", "Category:x y File:a.jpg fr:Lac"],
    ["a[[Category:x]]b [[category : y|z]]c", "a b c"],
    ["[[File:a.jpg|thumb|left|x [[b|c]] {{d}} [http://e f]]]g", "g"],
    ["[[Image:a.jpg]][[Media:a.ogg|sound]] [[Medium:b.ogg]]", "sound Medium:b.ogg"],
    ["[[Attēls:a.jpg|thumb|b]]c", "c"],
    ["[[wikt:word|word]] [[s:Text]] [[be-x-old:X]][[simple:Y]]z", "word s:Text z"],
    ["if [[ -f a\nb ]] [[]] [[a<b]]", "if [[ -f a\nb ]] [[]] [[a<b]]"],
    ["[https://x.test/a?b=c ''d'' e] [//x f] [mailto:a@b g] [ftp://h]", "d e f g"],
    ["[1] [x] http://x.test, [http://x [[y]] z]", "[1] [x] http://x.test, y z"],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});
