import assert from "node:assert/strict";
import { inputNames, resolveInputs, rootOf, rootsOf } from "../../../../src/data/corpora/latex/tex_inputs.ts";

/** Resolves the inputs of a project whose root file is the first one. */
function resolved(files: Record<string, string>, packages = false): { text: string; lost: string[] } {
  const lost: string[] = [];
  const onLost = (reason: string, command: string) => void lost.push(`${reason}: ${command}`);
  const [root] = Object.keys(files);
  return { text: resolveInputs(root, new Map(Object.entries(files)), { packages, onLost }), lost };
}

Deno.test("inputs of the root file are put in their places, circular ones once", () => {
  const files = new Map([
    ["sec/one.tex", "one \\input{two}"],
    ["two.tex", "two \\input{main}"],
    [
      "main.tex",
      "\\documentclass{x}\n\\begin{document}\n\\input{sec/one} % \\input{no}\n\\include{two}\n\\input missing\nend",
    ],
    ["style.tex", "\\documentclass{y}"],
  ]);
  assert.equal(rootOf(files), "main.tex");
  const text = resolveInputs("main.tex", files);
  assert.equal(
    text.replace(/\s+/g, " "),
    "\\documentclass{x} \\begin{document} one two % \\input{no} two end",
  );
});

Deno.test("every form of input is read, as TeX joins the lines", () => {
  const cases: [string, string][] = [
    ["\\section{A} \\input{a} \\input{b}", "\\section{A} AAA BBB"],
    ["\\input{a}\\input{b}", "AAA BBB"],
    ["\\input a x", "AAA x"],
    ["\\input a.tex\nx", "AAA\nx"],
    ['\\input "c d"', "CD"],
    ['\\input{"c d"}', "CD"],
    ["\\input { a }x", "AAA x"],
    ["\\input{./a.tex}", "AAA"],
    ["\\include{a}", "AAA"],
    ["\\input{fig.tikz}", "TIKZ"],
    ["\\input{plain}", "PLAIN"],
    ["\\input{s/up}", "U AAA"],
    ["\\subimport{s/}{e}", "E F"],
    ["\\import{s}{e}", "E F"],
    ["\\subimport*{s/}{e}", "E F"],
    ["\\subfile{s/child}", "CHILD F"],
    ["\\includestandalone{s/child}", "CHILD F"],
    ["\\input amstex x \\input{epsf.sty}", "\\input amstex x \\input{epsf.sty}"],
    ["\\input{end}", "1\n2 3"],
    ["\\input{guard}x", "\\ifx\\a\\b\\endinput\\fi G x"],
    ["\\input{note}x", "N % note\nx"],
    ["\\input{par}x", "P\n\nx"],
    ["\\InputIfFileExists{a}{yes }{no}", "yes AAA"],
    ["\\InputIfFileExists{z}{yes}{no \\input{a}}", "no AAA"],
    ["\\def\\v{a}\\input{\\v}", "\\def\\v{a}AAA"],
    ["\\newcommand{\\inc}[1]{(\\input{s/#1})}\\inc{f}", "\\newcommand{\\inc}[1]{(\\input{s/#1})}(F )"],
    ["\\verb|\\input{a}| % \\input{a}\n\\\\input{a}", "\\verb|\\input{a}| % \\input{a}\n\\\\input{a}"],
    ["\\begin{verbatim}\\input{a}\\end{verbatim}", "\\begin{verbatim}\\input{a}\\end{verbatim}"],
  ];
  for (const [tex, expected] of cases) {
    const files = {
      "main.tex": tex,
      "a.tex": "AAA",
      "b.tex": "BBB",
      "c d.tex": "CD",
      "fig.tikz": "TIKZ\n",
      "plain": "PLAIN",
      "s/up.tex": "U \\input{../a}",
      "s/e.tex": "E \\input{f}",
      "s/f.tex": "F",
      "s/child.tex":
        "\\documentclass[../main]{subfiles}\\x\\begin{document}CHILD \\input{f}\\end{document}after",
      "end.tex": "1\n2\\endinput 3\n4",
      "guard.tex": "\\ifx\\a\\b\\endinput\\fi G",
      "note.tex": "N % note\n",
      "par.tex": "P\n\n",
    };
    assert.deepEqual(resolved(files), { text: expected, lost: [] }, tex);
  }
});

Deno.test("lost inputs are reported, paths never leave the project, what \\includeonly names is read alone", () => {
  const cases: [string, string, string[]][] = [
    ["x\\input{z}y", "xy", ["lost inputs: \\input{z}"]],
    ["\\input{../../etc/passwd}", "", ["lost inputs: \\input{../../etc/passwd}"]],
    ["\\input{/etc/passwd}", "", ["lost inputs: \\input{/etc/passwd}"]],
    ["\\input{\\unknown}", "", ["lost inputs: \\input{\\unknown}"]],
    ["\\input{loop}", "L", ["circular inputs: \\input{loop}"]],
    ["\\includeonly{a}\\include{a}\\include{b}", "\\includeonly{a}A", [
      "inputs left out by \\includeonly: \\include{b}",
    ]],
    ["\\input{main.bbl}", "", []],
  ];
  for (const [tex, text, lost] of cases) {
    const files = { "main.tex": tex, "a.tex": "A", "b.tex": "B", "loop.tex": "L\\input{loop}" };
    const result = resolved(files);
    assert.deepEqual({ ...result, text: result.text.trim() }, { text, lost }, tex);
  }
  const nested = {
    "main.tex": "\\input{a}",
    "a.tex": "\\input{b}\\input{b}",
    "b.tex": "\\input{c}\\input{c}",
  };
  const wide = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`n${i}.tex`, `\\input{n${i + 1}}\\input{n${i + 1}}`]),
  );
  assert.ok(
    resolved({ ...nested, ...wide, "c.tex": "\\input{n0}", "n20.tex": "x".repeat(100) }).text.length < 10_000,
  );
  assert.equal(
    resolved({ "main.tex": "\\def\\a{\\input{x}\\a\\a}\\a", "x.tex": "X" }).text.length < 100,
    true,
  );
});

Deno.test("packages of the project give the macros that use no internal command", () => {
  const files = {
    "main.tex": "\\usepackage{my,amsmath}\n$\\R$",
    "my.sty":
      "\\RequirePackage{more}\n\\newcommand{\\R}{\\mathbb{R}} % c\n\\def\\x{\\@y}\\newcommand{\\b@d}{x}\\endinput\n\\def\\no{}",
    "more.sty": "\\DeclareMathOperator{\\tr}{tr}",
  };
  const added = "\n\\DeclareMathOperator{\\tr}{tr}\n\\newcommand{\\R}{\\mathbb{R}}";
  assert.equal(resolved(files, true).text.replace(/\n+/g, "\n"), `\\usepackage{my,amsmath}${added}\n$\\R$`);
  assert.equal(resolved(files).text, files["main.tex"]);
});

Deno.test("the main file is the one that no other reads, or that arXiv's list names", () => {
  const whole = "\\documentclass{a}\\begin{document}x\\end{document}";
  const cases: [Record<string, string>, string[]][] = [
    [{ "a.tex": "x", "main.tex": "\\documentclass{a}\\begin{document}\\input{a}\\end{document}" }, [
      "main.tex",
    ]],
    [{ "pre.tex": "\\documentclass{a}", "main.tex": "\\input{pre}\\begin{document}x\\end{document}" }, [
      "main.tex",
    ]],
    [{ "part.tex": whole.replace("a}", "subfiles}"), "main.tex": whole }, ["main.tex"]],
    [{ "a.tex": whole, "b.tex": `${whole}longer` }, ["b.tex", "a.tex"]],
    [{ "a.tex": whole, "b.tex": `${whole}longer`, "00README.XXX": "a.tex toplevelfile" }, ["a.tex", "b.tex"]],
    [{ "a.tex": `%auto-ignore\n${whole}${whole}`, "b.tex": whole }, ["b.tex"]],
    [{ "a.tex": "\\input b \\bye", "b.tex": "plain and long text" }, ["a.tex"]],
    [{ "old.tex": "\\documentstyle{article}\\begin{document}x" }, ["old.tex"]],
    [{ "fig.tikz": "x" }, []],
  ];
  for (const [files, roots] of cases) assert.deepEqual(rootsOf(new Map(Object.entries(files))), roots);
});

Deno.test("the names that a text may read stay below its folder", () => {
  assert.deepEqual(inputNames("\\input{a}\\include{../b}\\subimport{s/}{c}\\usepackage{p}"), [
    "s/c.tex",
    "s/c",
    "a.tex",
    "a",
    "c.tex",
    "c",
    "p.sty",
  ]);
});
