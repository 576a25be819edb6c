/**
 * Makes instruction data about the world: several tasks as rows of `instruction`, `input` and `output`.
 *
 * No task has the form of MMLU, four options with letters, so that a score on MMLU shows what instructions do for a form that
 * they do not hold.
 *
 * @module
 */
import { capital, Draw, fill, withArticle } from "./draw.ts";
import { jsonLines, put } from "./files.ts";
import { type MakeOptions, makeWorld, type World } from "./world.ts";
import { type Fact, factsOf } from "./world/facts.ts";
import { definition, programs } from "./world/programs.ts";
import { situations } from "./world/situations.ts";
import { drawSum } from "./world/sums.ts";

/** A row of instruction data. */
interface InstructionRow {
  /** Name of the task. */
  task: string;
  /** The task in words. */
  instruction: string;
  /** The text that it is about; may be empty. */
  input: string;
  /** The answer. */
  output: string;
}

/** The things that a task draws from. */
interface Drawn {
  draw: Draw;
  world: World;
  /** Facts whose questions may be asked. */
  known: readonly Fact[];
}

/** The maker of a row by the name of its task. */
const tasks: Readonly<Record<string, (drawn: Drawn) => Omit<InstructionRow, "task">>> = {
  question({ draw, known }) {
    const { questions, answer } = draw.one(known);
    const question = draw.one(questions);
    return draw.one([
      { instruction: "Answer the question.", input: question, output: `${capital(answer)}.` },
      { instruction: question, input: "", output: `${capital(answer)}.` },
    ]);
  },
  sentence({ draw, known }) {
    const { questions, statements } = draw.one(known);
    return {
      instruction: draw.one(["Answer in a whole sentence.", "Give a full answer."]),
      input: draw.one(questions),
      output: draw.one(statements),
    };
  },
  yesOrNo({ draw, known }) {
    const { answer, wrong, tell } = draw.one(known);
    const isTrue = draw.chance(0.5);
    return {
      instruction: draw.one([
        "Is this sentence true? Answer yes or no.",
        "Say yes if this is true and no if not.",
      ]),
      input: draw.one(tell(isTrue ? answer : draw.one(wrong))),
      output: isTrue ? "Yes." : "No.",
    };
  },
  choice({ draw, known }) {
    const { questions, answer, wrong } = draw.one(known);
    const options = draw.shuffled([answer, draw.one(wrong)]);
    return {
      instruction: draw.one(["Choose the right answer.", "Which of the two is right?"]),
      input: `${draw.one(questions)} ${capital(options[0])} or ${options[1]}?`,
      output: `${capital(answer)}.`,
    };
  },
  otherWords({ draw, known }) {
    const [sentence, other] = draw.some(draw.one(known).statements, 2);
    return {
      instruction: draw.one(["Say this in other words.", "Write the sentence anew."]),
      input: sentence,
      output: other,
    };
  },
  sum({ draw, world }) {
    const { story, question, calculation, answer } = drawSum(draw, world, false);
    return {
      instruction: draw.one(["Solve the problem.", "Reckon and give the answer."]),
      input: `${story} ${question}`,
      output: `${calculation}. The answer is ${answer}.`,
    };
  },
  steps({ draw, world }) {
    const { name, steps: [first, second, third] } = draw.one(world.trades);
    return {
      instruction: draw.one([
        `Name three steps in the work of ${withArticle(name)}.`,
        `How does ${withArticle(name)} work?`,
      ]),
      input: "",
      output: `1. The ${name} ${first}.\n2. The ${name} ${second}.\n3. The ${name} ${third}.`,
    };
  },
  next({ draw, world }) {
    const { event, actor, next, feels } = draw.one(situations);
    const [a, b] = draw.some(world.people, 2);
    const who = actor === "a" ? a : b;
    return {
      instruction: draw.one(["Tell what happens next.", "How does the story go on?"]),
      input: fill(event, { a: a.name, b: b.name }),
      output: `${who.name} is ${feels} and wants to ${next}.`,
    };
  },
  program({ draw }) {
    const program = draw.one(programs(false));
    return {
      instruction: draw.one(["Write this Python function.", "Write Python code."]),
      input: program.description,
      output: definition(program, false).trimEnd(),
    };
  },
};

/** Names of the tasks. */
export const instructionTasks: readonly string[] = Object.keys(tasks);

/** Writes the rows of all tasks in random order into `folder` and returns the path of the file. */
export async function makeInstructions(folder: string, options: MakeOptions = {}): Promise<string> {
  const world = makeWorld(options);
  const draw = new Draw(world.seed, "instructions");
  const known = factsOf(world).filter(({ isHeldOut }) => !isHeldOut);
  const each = world.small ? 150 : 300;
  const rows = Object.entries(tasks).flatMap(([task, make]) =>
    Array.from({ length: each }, (): InstructionRow => ({ task, ...make({ draw, world, known }) }))
  );
  const path = `${folder}/instructions.jsonl`;
  await put(path, jsonLines(draw.shuffled(rows)));
  return path;
}
