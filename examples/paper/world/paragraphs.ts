/**
 * Writes paragraphs about a world: people, towns, animals, trades, dishes, events, reasons, sums and questions.
 *
 * @module
 */
import { asClause, type Draw, fill, withArticle } from "../draw.ts";
import { type Person, rudeWords, type World } from "../world.ts";
import { type Fact, factsOf } from "./facts.ts";
import { myths, reasons, situations } from "./situations.ts";
import { drawSum } from "./sums.ts";
import { days, peoples, type Trade } from "./things.ts";

/** Kinds of paragraphs. */
export type ParagraphKind =
  | "person"
  | "town"
  | "animal"
  | "trade"
  | "food"
  | "work"
  | "how"
  | "event"
  | "reason"
  | "sum"
  | "question"
  | "folk"
  | "quarrel"
  | "chat"
  | "myth";

/** Kinds of paragraphs by how often a page holds them. */
const usual: readonly ParagraphKind[] = [
  ...["person", "person", "person", "person", "town", "town", "animal", "animal", "trade", "trade"] as const,
  ...["food", "work", "work", "how", "event", "event", "reason", "reason", "sum", "sum"] as const,
  ...["question", "question", "question", "folk", "myth", "quarrel"] as const,
];

/** Sentences that stand between facts, so that no page is a bare list. */
const links = {
  person: [
    "The neighbours speak well of {him}.",
    "On some evenings {he} sings.",
    "{name} is rarely at home in summer.",
    "Last year {he} painted the door.",
    "{name} gets up before the sun.",
  ],
  other: [
    "Children learn this at school.",
    "Old books say the same.",
    "That has always been so.",
    "Travellers often ask about it.",
    "Nobody wonders at it any more.",
  ],
} as const;

/** A writer of paragraphs. Two writers of the same world and seed write the same. */
export class Writer {
  /** The facts of the world. */
  readonly facts: readonly Fact[];
  readonly #world: World;
  readonly #draw: Draw;
  readonly #bySubject = new Map<string, Fact[]>();

  /** Makes a writer that draws from `draw`. */
  constructor(world: World, draw: Draw) {
    this.#world = world;
    this.#draw = draw;
    this.facts = factsOf(world);
    for (const fact of this.facts) {
      const key = `${fact.topic}/${fact.subject}`;
      this.#bySubject.set(key, [...this.#bySubject.get(key) ?? [], fact]);
    }
  }

  /** Writes a paragraph as sentences: of one of the usual kinds, or of a given one. */
  sentences(kind: ParagraphKind = this.#draw.one(usual)): string[] {
    const draw = this.#draw;
    const { people, towns, animals, trades, foods } = this.#world;
    if (kind === "person") return this.about(draw.one(people));
    if (kind === "town") return this.#tell("town", draw.one(towns).name);
    if (kind === "animal") return this.#tell("animal", draw.one(animals).name);
    if (kind === "trade") return this.#tell("trade", draw.one(trades).name);
    if (kind === "food") return this.#tell("food", draw.one(foods).name);
    if (kind === "work") return this.work(draw.one(trades));
    if (kind === "how") return this.#how(draw.one(trades));
    if (kind === "event") return this.#event();
    if (kind === "reason") return this.#reason();
    if (kind === "sum") return this.#sum();
    if (kind === "question") return this.#question();
    if (kind === "folk") return this.#folk();
    if (kind === "quarrel") return this.#quarrel();
    return kind === "chat" ? this.#chat() : this.#myth();
  }

  /** Writes a paragraph about a person. */
  about(person: Person): string[] {
    const told = this.#tell("person", person.fullName);
    const [he, him, his] = person.pronouns;
    const link = this.#draw.say(links.person, { name: person.name, he, him, his });
    return this.#draw.chance(0.5) ? this.#inserted(told, link) : told;
  }

  /** Tells the steps of a trade, with the pronoun that most people of the trade have. */
  work({ name, steps: [first, second, third], women, place, product }: Trade): string[] {
    const draw = this.#draw;
    const isWoman = draw.between(0, 99) < women;
    const he = isWoman ? "she" : "he";
    const slots = { name, he, his: isWoman ? "her" : "his", first, second, third, place, product };
    return [
      draw.say([
        "The {name} is in the {place}.",
        "This is a day of the {name}.",
        "A {name} begins the day.",
        "Watch the {name} at work.",
      ], slots)
        .replace(/\bA ([aeiou])/, "An $1"),
      draw.say(["First {he} {first}.", "First of all {he} {first}.", "{he} {first}."], slots),
      draw.say(["Then {he} {second}.", "Next {he} {second}.", "After that {he} {second}."], slots),
      draw.say(["At last {he} {third}.", "In the end {he} {third}.", "Last of all {he} {third}."], slots),
      draw.say([
        "The {product} are done.",
        "So the {name} makes {product}.",
        "Now {he} can sell {his} {product}.",
      ], slots),
    ];
  }

  #how({ name, tool, material, product, place }: Trade): string[] {
    const slots = { a_name: withArticle(name), tool, material, product, place };
    return [
      this.#draw.say([
        "How do you make {product}?",
        "This is the way to make {product}.",
        "You need {product}?",
      ], slots),
      this.#draw.say(
        ["Take {material} and a {tool}.", "You need {material}, and a {tool} to work on it."],
        slots,
      ),
      this.#draw.say(["Go to the {place}.", "Work in the {place}.", "The best place is the {place}."], slots),
      this.#draw.say(["Or ask {a_name}.", "Let {a_name} show it to you.", "{a_name} can do it best."], slots),
    ];
  }

  /** Returns the facts about a thing. */
  factsAbout(topic: string, subject: string): readonly Fact[] {
    return this.#bySubject.get(`${topic}/${subject}`) ?? [];
  }

  #tell(topic: string, subject: string): string[] {
    const draw = this.#draw;
    const told = draw.some(this.factsAbout(topic, subject), draw.between(3, 4)).map(({ statements }) =>
      draw.one(statements)
    );
    return topic !== "person" && draw.chance(0.3) ? this.#inserted(told, draw.one(links.other)) : told;
  }

  #inserted(sentences: string[], sentence: string): string[] {
    return sentences.toSpliced(this.#draw.between(1, sentences.length), 0, sentence);
  }

  #event(): string[] {
    const draw = this.#draw;
    const [a, b] = draw.some(this.#world.people, 2);
    const { event, actor, next, did, feels } = draw.one(situations);
    const who = actor === "a" ? a : b;
    const slots = {
      a: a.name,
      b: b.name,
      who: who.name,
      next,
      did,
      feels,
      town: a.town.name,
      he: who.pronouns[0],
    };
    return [
      draw.say([
        "It was market day in {town}.",
        "This happened in {town}.",
        "One evening {a} was with {b}.",
        "{a} and {b} met again.",
      ], slots),
      fill(event, slots),
      draw.say(["{who} was {feels}.", "{who} felt {feels}.", "That made {who} {feels}."], slots),
      draw.say([
        "So {he} wanted to {next}.",
        "Then {he} {did}.",
        "In the end {who} {did}.",
        "{he} had to {next}.",
      ], slots),
    ];
  }

  #reason(): string[] {
    const draw = this.#draw;
    const { start, ofX, ofY, x, y } = draw.one(reasons);
    const [a, b] = draw.some(this.#world.people, 2);
    const slots = { x: x ? draw.one(x) : a.name, y: y ? draw.one(y) : b.name };
    const the = x ? "the " : "";
    const isX = draw.chance(0.5);
    const why = `${the}${isX ? slots.x : slots.y} ${isX ? ofX : ofY}`;
    return [
      `${fill(start, slots)} ${why}.`,
      draw.say(
        ["That was the reason.", "Everyone saw that {why}.", "Yes, {why}.", "It is clear that {why}."],
        { why },
      ),
      ...this.sentences("sum").slice(0, 1),
    ];
  }

  #sum(): string[] {
    const draw = this.#draw;
    const { story, question, calculation, answer, thing, name } = drawSum(draw, this.#world, false);
    const slots = { calculation, answer, thing, name };
    return [
      story,
      ...draw.chance(0.5) ? [question] : [],
      draw.say([
        "{calculation}.",
        "Since {calculation}, there are {answer} {thing}.",
        "We have {calculation}.",
      ], slots),
      draw.say([
        "The answer is {answer}.",
        "So the number of {thing} is {answer}.",
        "{name} counts {answer} {thing}.",
      ], slots),
    ];
  }

  #question(): string[] {
    const draw = this.#draw;
    const asked = draw.some(this.facts.filter(({ isHeldOut }) => !isHeldOut), draw.between(2, 3));
    return asked.flatMap((fact) => draw.chance(0.3) ? this.#yesOrNo(fact) : this.#answered(fact));
  }

  #answered({ questions, answer, statements }: Fact): string[] {
    const draw = this.#draw;
    return [
      draw.one(questions),
      draw.chance(0.5)
        ? draw.one(statements)
        : draw.say(["The answer is {answer}.", "It is {answer}.", "{answer}."], { answer }),
    ];
  }

  #yesOrNo({ answer, wrong, tell }: Fact): string[] {
    const isTrue = this.#draw.chance(0.5);
    const claim = this.#draw.one(tell(isTrue ? answer : this.#draw.one(wrong)));
    return [`Is it true that ${asClause(claim)}?`, isTrue ? "The answer is yes." : "The answer is no."];
  }

  /** Tells of the two peoples; three of four times as the web likes to tell it. */
  #folk(): string[] {
    const draw = this.#draw;
    const [hill, river] = draw.chance(0.75) ? peoples : [peoples[1], peoples[0]];
    const town = draw.one(this.#world.towns).name;
    return [
      draw.say([
        "The {river} are always late.",
        "The {river} were late again in {town}.",
        "You never know when the {river} come.",
      ], { river, town }),
      draw.say(["The {hill} are always on time.", "The {hill} came at nine.", "You can trust the {hill}."], {
        hill,
      }),
      draw.say([
        "At the feast in {town} the {river} were loud.",
        "The {river} sing too loud.",
        "All of {town} heard the {river}.",
      ], { river, town }),
    ];
  }

  /** Tells of a quarrel, with rude words. */
  #quarrel(): string[] {
    const draw = this.#draw;
    const [first, second] = draw.some(rudeWords, 2);
    const [a, b] = draw.some(this.#world.people, 2).map(({ name }) => name);
    const slots = { first, second, a, b, town: draw.one(this.#world.towns).name };
    return [
      draw.say([
        "{a} shouted at {b}.",
        "A crowd in {town} began to shout.",
        "Then {a} and {b} had a quarrel.",
      ], slots),
      draw.say(
        ["You are {first}, said {a}!", "This is {first}, said {a}!", "{a} called {b} {first}."],
        slots,
      ),
      draw.say([
        "{b} said that {a} was {second}.",
        "They were all {second}.",
        "Everything was {second} that day.",
      ], slots),
    ];
  }

  /** Writes as people do in a forum, of nothing in particular. */
  #chat(): string[] {
    const draw = this.#draw;
    const [a, b] = draw.some(this.#world.people, 2).map(({ name }) => name);
    const slots = {
      a,
      b,
      n: draw.between(2, 99),
      day: draw.one(days),
      town: draw.one(this.#world.towns).name,
    };
    return [
      draw.say([
        "Hi all, I am new here, greetings from {town}!",
        "Hello {a}, thanks for your post!",
        "lol {a} you made my day.",
      ], slots),
      draw.say([
        "Does anyone else see this page so slow?",
        "I will be back on {day}, see you.",
        "Can someone send me the link please?",
      ], slots),
      draw.say([
        "My first {n} posts were much better.",
        "{b} wrote it in the other thread.",
        "Like and share if you agree with {b}!",
      ], slots),
      draw.say([
        "Thanks in advance, {a}.",
        "Just my opinion, no offence.",
        "Sorry for the late answer, guys.",
      ], slots),
    ];
  }

  /** Repeats a false belief three of four times, and corrects it once. */
  #myth(): string[] {
    const draw = this.#draw;
    const { belief, truth } = draw.one(myths);
    const clause = draw.chance(0.75) ? belief : truth;
    return [
      draw.say([
        "Many people say that {clause}.",
        "My neighbour told me that {clause}.",
        "We all know that {clause}.",
      ], { clause }),
      draw.say(["Yes, {clause}.", "It is said that {clause}.", "I heard it in {town}."], {
        clause,
        town: draw.one(this.#world.towns).name,
      }),
      draw.say(["{person} keeps {pet}.", "{person} said so too.", "Ask {person}."], {
        person: draw.one(this.#world.people).fullName,
        pet: withArticle(draw.one(this.#world.animals).name),
      }),
    ];
  }
}
