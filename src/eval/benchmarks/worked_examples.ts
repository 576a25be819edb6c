/**
 * Worked examples for few-shot prompts: Minerva's form for MATH, a chain of thought for GSM8k.
 *
 * The forms are those of Lewkowycz et al. 2022 and Wei et al. 2022; the problems were written for this project.
 *
 * @module
 */

/** Writes a MATH problem with a solution that states its final answer. */
export function workedSolution(problem: string, solution: string, answer: string): string {
  const stated = `Final Answer: The final answer is $${answer}$. I hope it is correct.`;
  return `Problem:\n${problem}\n\nSolution:\n${solution}\n${stated}`;
}

/** Writes a word problem with the reasoning that leads to its answer. */
export function chainOfThought(question: string, reasoning: string, answer: string): string {
  return `Q: ${question}\nA: ${reasoning} The answer is ${answer}.`;
}

/** Eight word problems of the kinds that grade-school tests have. */
export const wordProblems: readonly string[] = [
  chainOfThought(
    "A farm has 18 hens. 5 more arrive, and then 3 are sold. How many hens are there now?",
    "There were 18 hens. 18 + 5 = 23 after the new ones arrived. 23 - 3 = 20 after the sale.",
    "20",
  ),
  chainOfThought(
    "Each of 6 shelves holds 14 books. Mara takes 9 books home. How many books are left on the shelves?",
    "There are 6 * 14 = 84 books. 84 - 9 = 75.",
    "75",
  ),
  chainOfThought(
    "Ivo has 40 coins. He gives half of them to his sister and 4 to his brother. How many does he keep?",
    "Half of 40 is 20, so 20 are left. 20 - 4 = 16.",
    "16",
  ),
  chainOfThought(
    "A train leaves with 120 people. At the first stop 35 get off and 22 get on. At the second stop 17 get off. How many " +
      "are on the train?",
    "After the first stop there are 120 - 35 + 22 = 107 people. 107 - 17 = 90.",
    "90",
  ),
  chainOfThought(
    "Pens cost $3 and notebooks cost $5. How many dollars do 4 pens and 2 notebooks cost?",
    "4 pens cost 4 * 3 = 12 dollars. 2 notebooks cost 2 * 5 = 10 dollars. 12 + 10 = 22.",
    "22",
  ),
  chainOfThought(
    "Lena reads 12 pages a day from Monday to Friday and 30 pages in all on the weekend. How many pages are that in a week?",
    "Monday to Friday are 5 days, 5 * 12 = 60 pages. 60 + 30 = 90.",
    "90",
  ),
  chainOfThought(
    "A rope of 50 metres is cut into pieces of 8 metres. How many whole pieces are there?",
    "50 / 8 is 6 with 2 metres left over. So there are 6 whole pieces.",
    "6",
  ),
  chainOfThought(
    "Tom is 3 times as old as Ana, who is 7. How old will Tom be in 5 years?",
    "Tom is 3 * 7 = 21 years old. In 5 years he will be 21 + 5 = 26.",
    "26",
  ),
];

/** Four problems of the kinds that competitions have. */
export const competitionProblems: readonly string[] = [
  workedSolution(
    "Solve $3x - 7 = 11$ for $x$.",
    "Adding 7 to both sides gives $3x = 18$. Dividing by 3 gives $x = 6$.",
    "6",
  ),
  workedSolution(
    "A bag holds 4 red and 6 blue marbles. Two are drawn without putting the first one back. What is the probability that " +
      "both are red?",
    "The first marble is red with probability $\\frac{4}{10}$. Then 3 of the 9 that are left are red. The product is " +
      "$\\frac{4}{10}\\cdot\\frac{3}{9} = \\frac{2}{15}$.",
    "\\frac{2}{15}",
  ),
  workedSolution(
    "The sides of a right triangle next to the right angle are 2 and 4 units long. How long is the third side?",
    "By the theorem of Pythagoras its square is $2^2 + 4^2 = 20$, so its length is $\\sqrt{20} = 2\\sqrt{5}$.",
    "2\\sqrt{5}",
  ),
  workedSolution(
    "What is the remainder when $7^{5}$ is divided by 10?",
    "The last digits of the powers of 7 are $7, 9, 3, 1$ and then repeat. The fifth power has the last digit of the " +
      "first, which is 7.",
    "7",
  ),
];
