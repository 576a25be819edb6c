/**
 * The files of RACE: articles about guests whom no other page names, so that the article must be read.
 *
 * @module
 */
import { type Draw, fill, withArticle } from "../draw.ts";
import { type Files, type Material, optionsOf, times } from "./write.ts";

const guests = "Lotte Enno Frieda Knut Gesa Ole Wiebke Sven Antje Jost".split(" ");

/** Articles of the middle-school part: four sentences and three questions. */
export function raceMiddle(material: Material): Files {
  return race("middle", material, 4);
}

/** Articles of the high-school part: more sentences, some of which no question asks for. */
export function raceHigh(material: Material): Files {
  return race("high", material, 8);
}

function race(level: string, { world, draw }: Material, sentences: number): Files {
  const articles = world.small ? 16 : 34;
  return Object.fromEntries(times(articles, (i) => [
    `test/${level}/${i + 1}.txt`,
    JSON.stringify(article(draw, world, `${level}${i + 1}.txt`, guests[i % guests.length], sentences)),
  ]));
}

function article(
  draw: Draw,
  world: Material["world"],
  id: string,
  guest: string,
  sentences: number,
): Record<string, unknown> {
  const [town, other] = draw.some(world.towns, 2);
  const trade = draw.one(world.trades);
  const pet = draw.one(world.animals);
  const food = draw.one(world.foods);
  const slots = {
    guest,
    town: town.name,
    other: other.name,
    trade: trade.name,
    pet: withArticle(pet.name),
    food: food.name,
  };
  const told = [
    "Our guest {guest} came all the way from {town} to see us last week.",
    "As {guest} said to me, the work of a {trade} is hard but never dull.",
    "In the bag of {guest} we saw {pet}, which slept the whole time.",
    "For dinner we all had {food}, and {guest} asked for more of it.",
    "The next day {guest} went on to {other}, since friends were waiting there.",
    "It rained, so that the road was wet and the cart was slow.",
    "My sister gave {guest} a warm blanket for the long way.",
    "We hope that {guest} will write to us before the winter comes.",
  ].slice(0, sentences);
  const asked = [
    ["Where did {guest} come from?", town.name, world.towns.map(({ name }) => name)],
    ["What is the trade of {guest}?", trade.name, world.trades.map(({ name }) => name)],
    ["Which animal was in the bag of {guest}?", pet.name, world.animals.map(({ name }) => name)],
    ["What did {guest} eat with us?", food.name, world.foods.map(({ name }) => name)],
  ] as const;
  const items = draw.some(asked, 3).map(([question, right, all]) => ({
    question: fill(question, slots),
    ...optionsOf(draw, right, all, 4),
  }));
  return {
    id,
    article: told.map((sentence) => fill(sentence, slots)).join(" "),
    questions: items.map(({ question }) => question),
    options: items.map(({ options }) => options),
    answers: items.map(({ answer }) => "ABCD"[answer]),
  };
}
