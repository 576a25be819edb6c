/**
 * The files of MATH, GSM8k, HumanEval and MBPP: sums, exercises and functions with numbers that no source has.
 *
 * @module
 */
import { jsonLines } from "../files.ts";
import { drawExercise, exerciseTypes } from "../world/exercises.ts";
import { definition, type Program, programs } from "../world/programs.ts";
import { drawSum } from "../world/sums.ts";
import { type Files, type Material, times } from "./write.ts";

/** Exercises of the seven types, one file each. */
export function math({ world, draw }: Material): Files {
  const exercises = times(
    world.small ? 14 : 28,
    (i) => drawExercise(draw, exerciseTypes[i % exerciseTypes.length], true),
  );
  return Object.fromEntries(exercises.map(({ type, problem, solution, answer }, i) => {
    const folder = type.toLowerCase().replace(" & ", "_and_").replaceAll(" ", "_");
    const row = { problem, level: `Level ${1 + i % 5}`, type, solution: `${solution}\\boxed{${answer}}$.` };
    return [`test/${folder}/${i + 1}.json`, JSON.stringify(row, null, 1)];
  }));
}

/** Sums told as stories. */
export function gsm8k({ world, draw, written }: Material): Files {
  const rows = times(written, () => {
    const { story, calculation, answer, thing, name } = drawSum(draw, world, true);
    const [left] = calculation.split(" = ");
    return {
      question: `${story} What is the number of ${thing} of ${name} at the end?`,
      answer: `The number is ${left} = <<${left.replaceAll(" ", "")}=${answer}>>${answer}.\n#### ${answer}`,
    };
  });
  return { "test.jsonl": jsonLines(rows) };
}

/** Functions to complete from their description. */
export function humaneval({ draw, written }: Material): Files {
  const asked = draw.shuffled(programs(true)).slice(0, written);
  const rows = asked.map((program, i) => {
    const whole = definition(program);
    const body = `    return ${program.result}\n`;
    const checks = program.tests.map(([call, value]) => `    assert candidate(${call}) == ${value}\n`);
    return {
      task_id: `HumanEval/${i}`,
      prompt: whole.slice(0, -body.length),
      canonical_solution: body,
      test: `def check(candidate):\n${checks.join("")}`,
      entry_point: program.name,
    };
  });
  return { "data/HumanEval.jsonl": jsonLines(rows) };
}

/** Functions to write from a sentence and three tests; tasks 2, 3 and 4 are the examples. */
export function mbpp({ draw, written }: Material): Files {
  const examples = draw.some(programs(false), 3).map((program, i) => mbppRow(program, 2 + i));
  const asked = draw.some(programs(true), written).map((program, i) => mbppRow(program, 11 + i));
  return { "mbpp.jsonl": jsonLines([...examples, ...asked]) };
}

function mbppRow(
  { name, parameter, description, result, tests }: Program,
  id: number,
): Record<string, unknown> {
  return {
    task_id: id,
    text: description.replace(/^Return (.*)\.$/, "Write a function that gives back $1."),
    code: `def ${name}(${parameter}):\n    return ${result}`,
    test_list: tests.map(([call, value]) => `assert ${name}(${call}) == ${value}`),
    test_setup_code: "",
    challenge_test_list: [],
  };
}
