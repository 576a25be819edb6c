import assert from "node:assert/strict";
import { withoutComments } from "../../../../src/data/corpora/latex/tex_comments.ts";

Deno.test("comments go with their line end, as TeX reads them", () => {
  const cases: [string, string][] = [
    ["a % b\nc", "a c"],
    ["a% b\n   c", "ac"],
    ["% whole line\nnext", "next"],
    ["a\n  % whole line\nb", "a\n  b"],
    ["10\\% of\nit", "10\\% of\nit"],
    ["x \\\\% comment\ny", "x \\\\y"],
    ["\\verb|50%| % c\nz", "\\verb|50%| z"],
    ["\\url{http://x/a%20b} t", "\\url{http://x/a%20b} t"],
    ["\\begin{verbatim}\n% kept\n\\end{verbatim}", "\\begin{verbatim}\n% kept\n\\end{verbatim}"],
    ["a\n\\begin{comment}\nno\n\\end{comment}\nb", "a\n\nb"],
    ["end %", "end "],
    ["a %\n\nb", "a \n\nb"],
    ["\\begin{verbatim} % never closed\nx", "\\begin{verbatim} x"],
  ];
  for (const [tex, expected] of cases) assert.equal(withoutComments(tex), expected, tex);
});
