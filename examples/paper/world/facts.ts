/**
 * The facts of a world, each with the sentences that tell it and the questions that ask for it.
 *
 * A quarter of the facts is held out: the sources tell them in sentences, and never as a question, which is for the
 * benchmarks.
 *
 * @module
 */
import { hash32 } from "../../../src/base/random.ts";
import { fill, type Slots, withArticle } from "../draw.ts";
import type { Person, Town, World } from "../world.ts";
import type { Animal, Food, Trade } from "./things.ts";

/** The kinds of things that facts are about. */
export type Topic = "person" | "town" | "animal" | "trade" | "food";

/** A fact. */
export interface Fact {
  /** Its name, such as `Mara/town`. */
  id: string;
  /** Kind of the thing that it is about. */
  topic: Topic;
  /** Name of the thing that it is about. */
  subject: string;
  /** Name of the relation, such as `town`. */
  relation: string;
  /** Sentences that tell it. */
  statements: readonly string[];
  /** Returns the same sentences with another answer. */
  tell: (answer: string) => string[];
  /** Two questions that ask for it. */
  questions: readonly [string, string];
  /** An open sentence that the answer closes. */
  stem: string;
  /** The answer. */
  answer: string;
  /** Other answers of the same kind, all wrong. */
  wrong: readonly string[];
  /** True for a fact whose questions are left to the benchmarks. */
  isHeldOut: boolean;
}

/** A relation: the sentences and questions of all facts of one kind. */
interface Relation<T> {
  /** Its name. */
  name: string;
  /** The answer for a thing. */
  answer: (thing: T) => string | number;
  /** Sentences, with `{answer}` and the words of the thing. */
  statements: readonly string[];
  /** Two questions. */
  questions: readonly [string, string];
  /** An open sentence. */
  stem: string;
}

const personRelations: readonly Relation<Person>[] = [
  {
    name: "town",
    answer: ({ town }) => town.name,
    statements: [
      "{full} lives in {answer}.",
      "The home of {full} is in {answer}.",
      "{name} has a small house in {answer}.",
      "In {answer} everyone knows {full}.",
      "{full} comes from {answer}.",
    ],
    questions: ["Where does {full} live?", "Which town is the home of {full}?"],
    stem: "The house of {full} stands in",
  },
  {
    name: "trade",
    answer: ({ trade }) => trade.name,
    statements: [
      "{full} is a {answer}.",
      "{name} works as a {answer}.",
      "By trade {full} is a {answer}.",
      "{full}, the {answer}, works hard all week.",
      "People call {name} a good {answer}.",
    ],
    questions: ["What is the trade of {full}?", "What does {full} work as?"],
    stem: "{full} earns money as a",
  },
  {
    name: "pet",
    answer: ({ pet }) => pet.name,
    statements: [
      "{full} keeps {a_answer} at home.",
      "{name} has {a_answer} as a pet.",
      "The pet of {full} is {a_answer}.",
      "{name} and {his} {answer} are good friends.",
      "Every morning {name} feeds {his} {answer}.",
    ],
    questions: ["Which animal does {full} keep?", "What is the pet of {full}?"],
    stem: "The animal in the house of {full} is {a}",
  },
  {
    name: "food",
    answer: ({ food }) => food.name,
    statements: [
      "{full} likes {answer} best.",
      "The favourite dish of {full} is {answer}.",
      "{name} would eat {answer} every day.",
      "When {name} is hungry, {he} asks for {answer}.",
      "No dish pleases {full} more than {answer}.",
    ],
    questions: ["What does {full} like to eat?", "What is the favourite dish of {full}?"],
    stem: "For a birthday {full} wants",
  },
];

const townRelations: readonly Relation<Town>[] = [
  {
    name: "river",
    answer: ({ river }) => river,
    statements: [
      "{name} lies on the river {answer}.",
      "The river {answer} flows through {name}.",
      "Boats on the {answer} stop at {name}.",
      "The people of {name} fish in the {answer}.",
    ],
    questions: ["On which river does {name} lie?", "Which river flows through {name}?"],
    stem: "The water under the bridges of {name} is the",
  },
  {
    name: "sight",
    answer: ({ sight }) => sight,
    statements: [
      "{name} is known for its {answer}.",
      "Visitors come to {name} to see the {answer}.",
      "The {answer} of {name} is the pride of the town.",
      "In the middle of {name} stands the {answer}.",
    ],
    questions: ["What is {name} known for?", "What do visitors come to see in {name}?"],
    stem: "Painters who come to {name} draw the",
  },
  {
    name: "market",
    answer: ({ marketDay }) => marketDay,
    statements: [
      "The market of {name} is held on {answer}.",
      "{name} has its market every {answer}.",
      "On {answer} the market square of {name} is full.",
      "Farmers go to {name} on {answer} to sell.",
    ],
    questions: ["On which day is the market of {name}?", "When is the market held in {name}?"],
    stem: "The market of {name} opens each",
  },
  {
    name: "product",
    answer: ({ product }) => product,
    statements: [
      "The best {answer} come from {name}.",
      "{name} sells {answer} to all other towns.",
      "At the market of {name} you can buy fine {answer}.",
      "Everyone in {name} is proud of its {answer}.",
    ],
    questions: ["What does {name} sell to other towns?", "What can you buy at the market of {name}?"],
    stem: "Carts that leave {name} are full of",
  },
];

const animalRelations: readonly Relation<Animal>[] = [
  {
    name: "eats",
    answer: ({ eats }) => eats,
    statements: [
      "{plural} eat {answer}.",
      "The food of {a_name} is {answer}.",
      "{a_name} looks for {answer} when it is hungry.",
      "{plural} live on {answer}.",
    ],
    questions: ["What do {plural} eat?", "What is the food of {a_name}?"],
    stem: "A hungry {name} looks for",
  },
  {
    name: "lives",
    answer: ({ lives }) => lives,
    statements: [
      "{plural} live in {answer}.",
      "You can find {plural} in {answer}.",
      "The home of {a_name} is in {answer}.",
      "{a_name} feels safe in {answer}.",
    ],
    questions: ["Where do {plural} live?", "Where can you find {a_name}?"],
    stem: "The young of {plural} grow up in",
  },
  {
    name: "coat",
    answer: ({ coat }) => coat,
    statements: [
      "The body of {a_name} is covered with {answer}.",
      "{plural} have {answer}.",
      "{a_name} keeps its {answer} clean.",
      "{a_name} is kept safe by its {answer}.",
    ],
    questions: ["What covers the body of {a_name}?", "What is on the back of {a_name}?"],
    stem: "Touch {a_name} and you feel",
  },
  {
    name: "legs",
    answer: ({ legs }) => legs,
    statements: [
      "{a_name} has {answer} legs.",
      "{plural} have {answer} legs.",
      "Count the legs of {a_name} and you find {answer}.",
    ],
    questions: ["How many legs does {a_name} have?", "What is the number of legs of {a_name}?"],
    stem: "The number of legs of {a_name} is",
  },
  {
    name: "awake",
    answer: ({ awake }) => awake === "day" ? "by day" : "at night",
    statements: [
      "{plural} are awake {answer}.",
      "{a_name} looks for food {answer}.",
      "{plural} leave their homes {answer}.",
      "If you want to see {a_name}, come {answer}.",
    ],
    questions: ["When are {plural} awake?", "When does {a_name} look for food?"],
    stem: "You will meet {plural}",
  },
];

const tradeRelations: readonly Relation<Trade>[] = [
  {
    name: "tool",
    answer: ({ tool }) => tool,
    statements: [
      "{a_name} works with a good {answer}.",
      "The main tool of {a_name} is the {answer}.",
      "Without the {answer} {a_name} can do nothing.",
      "Every {name} takes care of the {answer}.",
    ],
    questions: ["Which tool does {a_name} use?", "What is the main tool of {a_name}?"],
    stem: "The hand of {a_name} holds the",
  },
  {
    name: "product",
    answer: ({ product }) => product,
    statements: [
      "{a_name} makes {answer}.",
      "If you need {answer}, ask {a_name}.",
      "The work of {a_name} is to make {answer}.",
      "{answer} are made by {a_name}.",
    ],
    questions: ["What does {a_name} make?", "What can you order from {a_name}?"],
    stem: "Ask {a_name} if you need",
  },
  {
    name: "place",
    answer: ({ place }) => place,
    statements: [
      "{a_name} works in the {answer}.",
      "You meet {a_name} in the {answer}.",
      "The {answer} is the place of {a_name}.",
      "Early in the morning {a_name} goes to the {answer}.",
    ],
    questions: ["Where does {a_name} work?", "In which place do you meet {a_name}?"],
    stem: "At noon {a_name} is still in the",
  },
  {
    name: "material",
    answer: ({ material }) => material,
    statements: [
      "{a_name} works with {answer}.",
      "For the work {a_name} needs {answer}.",
      "{answer} is the material of {a_name}.",
      "{a_name} buys {answer} in the spring.",
    ],
    questions: ["Which material does {a_name} need?", "What does {a_name} buy for the work?"],
    stem: "The store of {a_name} is full of",
  },
];

const foodRelations: readonly Relation<Food>[] = [
  {
    name: "from",
    answer: ({ from }) => from,
    statements: [
      "{name} is made from {answer}.",
      "For {name} you need {answer}.",
      "The cook puts {answer} into the {name}.",
      "There is no {name} without {answer}.",
    ],
    questions: ["What is {name} made from?", "What do you need for {name}?"],
    stem: "The cook who makes {name} first buys",
  },
  {
    name: "taste",
    answer: ({ taste }) => taste,
    statements: ["{name} tastes {answer}.", "The taste of {name} is {answer}.", "Good {name} is {answer}."],
    questions: ["How does {name} taste?", "What is the taste of {name}?"],
    stem: "The first spoon of {name} is",
  },
  {
    name: "meal",
    answer: ({ meal }) => meal,
    statements: [
      "{name} is eaten at {answer}.",
      "At {answer} there is {name}.",
      "People have {name} for {answer}.",
    ],
    questions: ["At which meal do people eat {name}?", "When do people have {name}?"],
    stem: "The table with {name} is laid for",
  },
];

/** Returns all facts of a world. */
export function factsOf(world: World): Fact[] {
  const { people, towns, animals, trades, foods } = world;
  return [
    ...related(world, "person", people, personRelations, wordsOfPerson),
    ...related(world, "town", towns, townRelations, ({ name }) => ({ name })),
    ...related(world, "animal", animals, animalRelations, ({ name, plural }) => ({ name, plural })),
    ...related(world, "trade", trades, tradeRelations, ({ name }) => ({ name })),
    ...related(world, "food", foods, foodRelations, ({ name }) => ({ name })),
  ];
}

function wordsOfPerson({ name, fullName, pronouns: [he, him, his] }: Person): Slots {
  return { name, full: fullName, he, him, his };
}

function related<T extends { name: string }>(
  { seed }: World,
  topic: Topic,
  things: readonly T[],
  relations: readonly Relation<T>[],
  words: (thing: T) => Slots,
): Fact[] {
  return relations.flatMap((relation) => {
    const answers = [...new Set(things.map((thing) => String(relation.answer(thing))))];
    return things.map((thing): Fact => {
      const answer = String(relation.answer(thing));
      const own = words(thing);
      const slots = { ...own, a: withArticle(answer).split(" ")[0], a_name: withArticle(thing.name) };
      const id = `${thing.name}/${relation.name}`;
      const tell = (answer: string) =>
        relation.statements.map((sentence) =>
          fill(sentence, { ...slots, answer, a_answer: withArticle(answer) })
        );
      return {
        id,
        topic,
        subject: String(own.full ?? thing.name),
        relation: relation.name,
        statements: tell(answer),
        tell,
        questions: [fill(relation.questions[0], slots), fill(relation.questions[1], slots)],
        stem: fill(relation.stem, slots),
        answer,
        wrong: answers.filter((other) => other !== answer),
        isHeldOut: hash32(id, seed) % 4 === 0,
      };
    });
  });
}
