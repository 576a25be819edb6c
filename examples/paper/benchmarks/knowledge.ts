/**
 * The files of ARC, OpenBookQA, NaturalQuestions, TriviaQA and MMLU, which ask for facts.
 *
 * @module
 */
import { asClause, fill } from "../draw.ts";
import { csvLines, jsonLines } from "../files.ts";
import type { Person } from "../world.ts";
import type { Fact, Topic } from "../world/facts.ts";
import { drawExercise } from "../world/exercises.ts";
import { myths, situations } from "../world/situations.ts";
import { type Files, type Material, optionsOf, times } from "./write.ts";

const letters = ["A", "B", "C", "D"];

/** Questions for held-out facts. */
export function arcEasy({ heldOut, items, draw }: Material): Files {
  const asked = [0, 1].flatMap((q) => heldOut.map((fact) => ({ ...fact, question: fact.questions[q] })));
  const rows = asked.slice(0, items).map(({ question, answer, wrong }, i) => ({
    id: `easy_${i}`,
    ...arcQuestion(question, optionsOf(draw, answer, wrong, 4)),
  }));
  return { "ARC-Easy/ARC-Easy-Test.jsonl": jsonLines(rows) };
}

/** Questions that join two facts: of a person's trade, town or pet, and of what belongs to it. */
export function arcChallenge({ world, items, draw }: Material): Files {
  const { people, trades, towns, animals } = world;
  const kinds: [question: string, answer: (person: Person) => string, all: string[]][] = [
    ["Which tool does {full} need for work?", ({ trade }) => trade.tool, trades.map(({ tool }) => tool)],
    ["In which place does {full} work?", ({ trade }) => trade.place, trades.map(({ place }) => place)],
    ["Which river can {full} see from home?", ({ town }) => town.river, towns.map(({ river }) => river)],
    ["What does the pet of {full} eat?", ({ pet }) => pet.eats, animals.map(({ eats }) => eats)],
  ];
  const rows = times(items, (i) => {
    const person = draw.one(people);
    const [question, answer, all] = kinds[i % kinds.length];
    const options = optionsOf(draw, answer(person), [...new Set(all)], 4);
    return arcQuestion(fill(question, { full: person.fullName }), options);
  }, ({ question }) => question.stem);
  const lines = rows.map((row, i) => ({ id: `challenge_${i}`, ...row }));
  return { "ARC-Challenge/ARC-Challenge-Test.jsonl": jsonLines(lines) };
}

function arcQuestion(
  stem: string,
  { options, answer }: { options: string[]; answer: number },
): { question: { stem: string; choices: { text: string; label: string }[] }; answerKey: string } {
  return {
    question: { stem, choices: options.map((text, i) => ({ text, label: letters[i] })) },
    answerKey: letters[answer],
  };
}

/** Open sentences that one of four answers closes. */
export function openbookqa({ heldOut, items, draw }: Material): Files {
  const rows = heldOut.toReversed().slice(0, items).map(({ stem, answer, wrong }, i) => ({
    id: `1-${i}`,
    ...arcQuestion(stem, optionsOf(draw, answer, wrong, 4)),
  }));
  return { "Data/Main/test.jsonl": jsonLines(rows) };
}

/** Questions without options, in small letters and without a mark. */
export function naturalQuestions({ heldOut, known, written }: Material): Files {
  const row = ({ questions, answer }: Fact) => ({
    question: questions[0].toLowerCase().replace(/\?$/, ""),
    answer: [answer],
  });
  return {
    "NQ-open.dev.jsonl": jsonLines(heldOut.slice(0, written).map(row)),
    "NQ-open.train.jsonl": jsonLines(known.slice(0, 80).map(row)),
  };
}

/** Questions of a quiz with the answers that are accepted. */
export function triviaqa({ heldOut, known, written }: Material): Files {
  const file = (facts: readonly Fact[]) => {
    const Data = facts.map(({ questions, answer }, i) => ({
      Answer: {
        Aliases: [answer, `the ${answer}`],
        Value: answer,
        NormalizedValue: answer.toLowerCase(),
        Type: "FreeForm",
      },
      Question: questions[1],
      QuestionId: `made_${i}`,
      QuestionSource: "made",
      EntityPages: [],
    }));
    return JSON.stringify({ Data, Domain: "Wikipedia", VerifiedEval: false, Version: 1 }, null, 1);
  };
  return {
    "qa/wikipedia-dev.json": file(heldOut.toReversed().slice(0, written)),
    "qa/wikipedia-train.json": file(known.toReversed().slice(0, 80)),
  };
}

/** A question with its right answer and wrong ones. */
type Asked = readonly [question: string, right: string, wrong: readonly string[]];

/** Eight of the 57 subjects, two of each group, with the facts or situations that they ask about. */
export function mmlu(material: Material): Files {
  const subjects: Record<string, Asked[]> = {
    high_school_biology: aboutFacts(material, "animal"),
    elementary_mathematics: numbers(material),
    high_school_geography: aboutFacts(material, "town"),
    sociology: aboutFacts(material, "person"),
    moral_disputes: duties(material),
    philosophy: truths(material),
    nutrition: aboutFacts(material, "food"),
    miscellaneous: aboutFacts(material, "trade"),
  };
  const tests = material.world.small ? 20 : 40;
  const files: Files = {};
  for (const [subject, asked] of Object.entries(subjects)) {
    const lines = asked.map(([question, right, wrong]) => {
      const { options, answer } = optionsOf(material.draw, right, wrong, 4);
      return [question, ...options, letters[answer]];
    });
    files[`data/dev/${subject}_dev.csv`] = csvLines(lines.slice(0, 5));
    files[`data/test/${subject}_test.csv`] = csvLines(lines.slice(5, 5 + tests));
  }
  return files;
}

/** Returns five questions that the sources may ask, and then held-out ones. */
function aboutFacts({ known, heldOut }: Material, topic: Topic): Asked[] {
  const about = (facts: readonly Fact[]) =>
    facts.filter((fact) => fact.topic === topic && fact.wrong.length >= 3);
  const asked = (facts: readonly Fact[], q: number) =>
    about(facts).map(({ questions, answer, wrong }) => [questions[q], answer, wrong] as const);
  return [...asked(known, 0).slice(0, 5), ...asked(heldOut, 0), ...asked(heldOut, 1)];
}

function numbers({ draw, items }: Material): Asked[] {
  return times(items, () => {
    const { problem, answer } = drawExercise(
      draw,
      draw.one(["Prealgebra", "Algebra", "Geometry", "Precalculus"]),
      true,
    );
    const near = [1, 2, 3, -1].map((step) => String(answer + step));
    return [problem.replaceAll("$", ""), String(answer), near] as const;
  }, ([question]) => question);
}

function duties({ draw, world, items }: Material): Asked[] {
  return times(items, (i) => {
    const situation = situations[i % situations.length];
    const [a, b] = draw.some(world.people, 2).map(({ name }) => name);
    const who = situation.actor === "a" ? a : b;
    const question = `${fill(situation.event, { a, b })} What is the best that ${who} can do?`;
    return [question, situation.next, situations.map(({ next }) => next)] as const;
  });
}

function truths({ draw, items }: Material): Asked[] {
  return times(items, (i) => {
    const { truth, belief } = myths[i % myths.length];
    const others = myths.filter((myth) => myth.truth !== truth).map((myth) => myth.belief);
    return ["Which of these sentences is true?", truth, [belief, ...others]] as const;
  }).map(([question, truth, wrong]) => [question, asClause(truth), draw.some(wrong, 3)] as const);
}
