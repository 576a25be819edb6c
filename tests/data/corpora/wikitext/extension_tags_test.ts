import assert from "node:assert/strict";
import { plainWikitext } from "../../../../src/data/corpora/wikitext.ts";

const code = "int f( )  {\n\treturn a[[0]] - ''x'' ;  // {{t|u}} &lt; <b> [http://x y]\n\n\n\n  }   ";

Deno.test("code, formulas and nowiki stay byte for byte", () => {
  for (
    const [open, close] of [
      ['<syntaxhighlight lang="c">', "</syntaxhighlight>"],
      ["<source lang=c>", "</source>"],
      ["<SOURCE>", "</Source >"],
      ["<syntaxhighlight lang=c inline>", "</syntaxhighlight>"],
      ["<math>", "</math>"],
      ["<score sound=1>", "</score>"],
    ]
  ) assert.ok(plainWikitext(`a\n${open}${code}${close}\nb ( )`).includes(code), open);
  for (
    const [open, close] of [["<pre>", "</pre>"], ["<nowiki>", "</nowiki>"], ['<pre class="x">', "</pre>"]]
  ) {
    assert.ok(plainWikitext(`a ${open}${code}${close} b`).includes(code.replace("&lt;", "<")), open);
  }
  assert.equal(plainWikitext("<pre>\n  a ( )\n</pre>"), "  a ( )");
  assert.equal(
    plainWikitext("{{nowrap|<nowiki>|}}</nowiki>}} and {{quote|<source>a | b</source>}}").includes("a | b"),
    true,
  );
});

Deno.test("inline code keeps its spaces and signs; links, known templates and nowiki in it are text", () => {
  const cases: [string, string][] = [
    ["call <code>f( ,  )</code> ( )", "call f( ,  ) ( )"],
    ["<code>a  ''b''  {{unknown|x}}</code>", "a  ''b''  {{unknown|x}}"],
    ["<code>[[printf|p]]( ) {{=}} &lt;</code> <tt>*x</tt>", "p( ) = < *x"],
    ["<code><nowiki>[[x]] {{y}}</nowiki></code>", "[[x]] {{y}}"],
    ["f() and g( ) of the author", "f() and g( ) of the author"],
    ["<code>never closed ()", "never closed ()"],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});

Deno.test("notes, galleries and comments go with all that is in them", () => {
  const cases: [string, string][] = [
    ["a<ref name=x />b<ref group=n>{{cite|a<nowiki></ref></nowiki>}}</ref> c", "a b c"],
    ["a<!-- <ref> -->b<ref><!-- </ref> -->c", "ab -->c"],
    ["a\n<!-- alone -->\nb", "a\nb"],
    ["a<references>\n<ref name=y>z</ref>\n</references>", "a"],
    ["<nowiki><ref></nowiki>a<ref/>", "<ref>a"],
    ["<noinclude>a</noinclude><includeonly>b</includeonly><onlyinclude>c</onlyinclude>", "ac"],
    ["<timeline>x</timeline><imagemap>y</imagemap>a", "a"],
    ["word<ref>x</ref>word, <ref>y</ref>z", "word word, z"],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});

Deno.test("noncharacters of the input cannot pass for marks", () => {
  assert.equal(
    plainWikitext("\uFDD00\uFDD1 <nowiki>x</nowiki> \uFDD2&#xFDD0;0&#xFDD1;"),
    "\uFFFD0\uFFFD x \uFFFD\uFFFD0\uFFFD",
  );
});
