// WGSL templates: their loops, conditions and macros, and the errors of a template that names what is not defined.
import assert from "node:assert/strict";
import { type Definitions, over, range, unroll } from "../../src/ops/unroll.ts";

const definitions: Definitions = {
  names: { lanes: 8, add: true, plain: false },
  indices: {
    e: over("e", range(3)),
    n: range(2).map((n) => ({ n, offset: 8 * n })),
  },
  macros: {
    load: (name, place) => `let ${name}l = lo(a[${place}]);\nlet ${name}h = hi(a[${place}]);`,
    none: () => "",
    row: (place) => place.replace("{row}", "j + sid"),
  },
};

const cases: [what: string, template: string, want: string][] = [
  ["a constant", "@workgroup_size({lanes}) // {lanes} lanes", "@workgroup_size(8) // 8 lanes"],
  ["text without additions", "if (x) { return; }\n\n// done", "if (x) { return; }\n\n// done"],
  ["a loop over a line", "#for e: x{e} += 1.0;", "x0 += 1.0;\nx1 += 1.0;\nx2 += 1.0;"],
  [
    "a loop over lines, without their indentation in the template",
    "  #for n // rows\n    let r{n} = {offset}u;\n    let s{n} = r{n};\n  #end\n  end",
    "  let r0 = 0u;\n  let s0 = r0;\n  let r1 = 8u;\n  let s1 = r1;\n  end",
  ],
  ["nested indices", "#for e, n: s{n}_{e};", "s0_0;\ns1_0;\ns0_1;\ns1_1;\ns0_2;\ns1_2;"],
  [
    "a loop in a loop",
    "#for n\n  a{n}\n  #for e: b{n}_{e}\n  c{n}\n#end",
    "a0\nb0_0\nb0_1\nb0_2\nc0\na1\nb1_0\nb1_1\nb1_2\nc1",
  ],
  [
    "conditions",
    "#if add\n  a\n#end\n#if !add\n  b\n#end\n#if plain\n  c\n#end\n#if !plain\n  d\n#end",
    "a\nd",
  ],
  [
    "a sum",
    "let s = #sum(e: dot(a{e}, b{e})) - 1.0;",
    "let s = dot(a0, b0) + dot(a1, b1) + dot(a2, b2) - 1.0;",
  ],
  ["a maximum from a start", "#max(m, e: s{e})", "max(max(max(m, s0), s1), s2)"],
  ["a minimum of one term", "#min(a)", "a"],
  ["a list", "vec3<f32>(#list(e: x{e}))", "vec3<f32>(x0, x1, x2)"],
  ["a macro in the argument of a macro", "#max(#sum(e: a{e}), b)", "max(a0 + a1 + a2, b)"],
  [
    "a macro of several lines keeps the indentation",
    "  #load(k, (i + 1u) * 8u)",
    "  let kl = lo(a[(i + 1u) * 8u]);\n  let kh = hi(a[(i + 1u) * 8u]);",
  ],
  ["a macro without text leaves no line", "a\n#none(x)\nb", "a\nb"],
  ["a name that only the macro knows", "#row(({row}) * {lanes}u)", "(j + sid) * 8u"],
];

for (const [what, template, want] of cases) {
  Deno.test(`unroll: ${what}`, () => assert.equal(unroll(template, definitions), want));
}

const faults: [what: string, template: string, message: RegExp][] = [
  ["name", "let x = {absent};", /\{absent\} is not defined, in "let x/],
  ["index", "#for z: a{z}", /index z is not defined/],
  ["index in a macro", "#sum(z: a{z})", /index z is not defined/],
  ["macro", "#absent(a)", /macro absent is not defined/],
  ["condition", "#if absent\n#end", /absent is not defined/],
  ["directive", "#else", /#else is not defined/],
  ["end", "#for e\n  a{e}", /"#for e" has no #end/],
  ["parenthesis", "#sum(e: (a{e})", /a parenthesis is missing/],
];

for (const [what, template, message] of faults) {
  Deno.test(`unroll: an error names a missing ${what}`, () => {
    assert.throws(() => unroll(template, definitions), message);
  });
}
