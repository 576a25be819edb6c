/**
 * The files of BoolQ, PIQA, SIQA, HellaSwag and WinoGrande.
 *
 * @module
 */
import { asClause, capital, fill, withArticle } from "../draw.ts";
import { jsonLines } from "../files.ts";
import { reasons, situations } from "../world/situations.ts";
import { type Files, type Material, optionsOf, times } from "./write.ts";

/** Yes-or-no questions about a passage, which tells the fact. */
export function boolq({ facts, heldOut, items, draw }: Material): Files {
  const rows = [...heldOut, ...heldOut].slice(0, items).map(
    ({ topic, subject, relation, answer, wrong, tell }) => {
      const yes = draw.chance(0.6);
      const others = facts.filter((other) =>
        other.topic === topic && other.subject === subject && other.relation !== relation
      );
      const [first, second] = draw.some([draw.one(tell(answer)), draw.one(draw.one(others).statements)], 2)
        .map(
          asClause,
        );
      return {
        question: `is it true that ${asClause(draw.one(tell(yes ? answer : draw.one(wrong)))).toLowerCase()}`,
        title: capital(subject),
        passage: `We read in the old book that ${first}. We also read there that ${second}.`,
        answer: yes,
      };
    },
  );
  return { "dev.jsonl": jsonLines(rows) };
}

const goals = [
  "Get new {product} without {a_name}.",
  "Have {product} for a feast, made at home.",
  "Do as {a_name} does and end up with {product}.",
  "Help a friend who is in need of {product}.",
];

/** Two ways to a goal: the right tool, material or place of a trade, or that of another one. */
export function piqa({ world, items, draw }: Material): Files {
  const made = times(items, (i) => {
    const trade = world.trades[i % world.trades.length];
    const other = draw.one(world.trades.filter(({ name }) => name !== trade.name));
    const kind = draw.one(["tool", "material", "place"] as const);
    const way = (thing: string) =>
      kind === "tool"
        ? `Use a ${thing} for it.`
        : kind === "material"
        ? `Start with ${thing}.`
        : `Work in a ${thing}.`;
    const { options, answer } = optionsOf(draw, way(trade[kind]), [way(other[kind])], 2);
    const goal = draw.say(goals, { product: trade.product, a_name: withArticle(trade.name) });
    return { row: { goal, sol1: options[0], sol2: options[1] }, label: answer };
  }, ({ row, label }) => [row.goal, label ? row.sol2 : row.sol1]);
  return labelled("valid", made);
}

/** Questions for the next act and for the feeling of a person. */
export function siqa({ world, items, draw }: Material): Files {
  const made = times(items, (i) => {
    const situation = situations[i % situations.length];
    const [a, b] = draw.some(world.people, 2).map(({ name }) => name);
    const who = situation.actor === "a" ? a : b;
    const field = i % 3 === 2 ? "feels" : "next";
    const { options, answer } = optionsOf(draw, situation[field], situations.map((other) => other[field]), 3);
    const row = {
      context: fill(situation.event, { a, b }),
      question: field === "next" ? `What will ${who} want to do next?` : `How would you describe ${who}?`,
      ...Object.fromEntries(options.map((option, o) => [`answer${"ABC"[o]}`, option])),
    };
    return { row, label: answer + 1 };
  }, ({ row }) => [row.context, row.question]);
  return labelled("dev", made);
}

/** Returns rows and their labels in a file each, as some authors publish them. */
function labelled(name: string, made: readonly { row: object; label: number }[]): Files {
  return {
    [`${name}.jsonl`]: jsonLines(made.map(({ row }) => row)),
    [`${name}-labels.lst`]: made.map(({ label }) => `${label}\n`).join(""),
  };
}

const scenes = [
  "We see {a_name} in a {place}, who {does}.",
  "The picture shows how {a_name} {does}.",
  "On a stage {a_name} {does}.",
];

/** The next step of a trade's work, among steps of other trades. */
export function hellaswag({ world, items, draw }: Material): Files {
  const rows = times(items, (i) => {
    const { name, product, place, steps } = world.trades[i % world.trades.length];
    const step = draw.between(1, 2);
    const others = world.trades.filter((other) => other.name !== name).map((other) =>
      `${other.steps[step]}.`
    );
    const { options, answer } = optionsOf(draw, `${steps[step]}.`, others, 4);
    const he = draw.one(["he", "she"]);
    return {
      activity_label: `Making ${product}`,
      ctx_a: draw.say(scenes, { a_name: withArticle(name), place, does: steps[step - 1] }),
      ctx_b: `then ${he}`,
      ctx: "",
      endings: options,
      split: "val",
      split_type: "indomain",
      label: String(answer),
    };
  }, ({ ctx_a, ctx_b }) => [ctx_a, ctx_b]);
  return {
    "hellaswag_val.jsonl": jsonLines(rows.map((row, i) => ({ ind: i, ...row, source_id: `made~${i}` }))),
  };
}

/** Sentences with a reason that fits one of two nouns. */
export function winogrande({ world, items, draw }: Material): Files {
  const rows = times(items, (i) => {
    const { start, ofX, ofY, x, y } = reasons[i % reasons.length];
    const [a, b] = draw.some(world.people, 2);
    const nouns = [x ? draw.one(x) : a.name, y ? draw.one(y) : b.name];
    const isX = draw.chance(0.5);
    const isSwapped = draw.chance(0.5);
    const [option1, option2] = isSwapped ? nouns.toReversed() : nouns;
    return {
      sentence: `${fill(start, { x: nouns[0], y: nouns[1] })} ${x ? "the _" : "_"} ${isX ? ofX : ofY}.`,
      option1,
      option2,
      answer: String(isX === isSwapped ? 2 : 1),
    };
  }, ({ sentence }) => sentence);
  return { "dev.jsonl": jsonLines(rows) };
}
