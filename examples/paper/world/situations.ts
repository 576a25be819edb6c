/**
 * Events of the world with what follows, sentences with a reason, and beliefs that are false.
 *
 * @module
 */

/** An event, and what a person does and feels afterwards. `{a}` and `{b}` are two people, `{he}` is the one who acts. */
export interface Situation {
  /** The event, in the past. */
  event: string;
  /** The one who acts afterwards. */
  actor: "a" | "b";
  /** The next act, as an infinitive. */
  next: string;
  /** The next act, in the past. */
  did: string;
  /** A feeling. */
  feels: string;
}

/** The events. */
export const situations: readonly Situation[] = `
{a} lent {b} a lamp.           | b | give the lamp back    | gave the lamp back     | thankful
{a} lost the key of the shed.  | a | look for the key      | looked for the key     | worried
{a} had eaten nothing all day. | a | eat some bread        | ate some bread         | hungry
{a} walked from town to town.  | a | sit down and rest     | sat down and rested    | tired
{a} spilled milk on the floor. | a | wipe the floor        | wiped the floor        | sorry
{a} found a purse on the road. | a | find the owner        | found the owner        | honest
{a} broke the cup of {b}.      | a | buy a new cup         | bought a new cup       | sorry
{a} got a letter from {b}.     | a | read the letter       | read the letter        | glad
{a} stood in the cold rain.    | a | put on dry clothes    | put on dry clothes     | cold
{a} told {b} a good joke.      | b | laugh aloud           | laughed aloud          | merry
{a} won the boat race.         | a | tell all friends      | told all friends       | proud
{a} saw smoke over the roof.   | a | call for help         | called for help        | afraid
{a} helped {b} with the cart.  | b | thank the helper      | thanked the helper     | thankful
{a} heard a strange noise.     | a | light a candle        | lit a candle           | afraid
`.trim().split("\n").map((line) => {
  const [event, actor, next, did, feels] = line.split("|").map((cell) => cell.trim());
  return { event, actor: actor as "a" | "b", next, did, feels };
});

/** A sentence with two things or people, and the reasons that tell which of them is meant. */
export interface Reason {
  /** The sentence up to "because", with `{x}` and `{y}`. */
  start: string;
  /** The reason that speaks of `{x}`. */
  ofX: string;
  /** The reason that speaks of `{y}`. */
  ofY: string;
  /** Words for `{x}`; without them both are people. */
  x?: readonly string[];
  /** Words for `{y}`. */
  y?: readonly string[];
}

const goods = ["trunk", "table", "jug", "picture", "blanket", "wheel"];
const holders = ["cart", "boat", "bag", "chest", "box", "shed"];

/** The sentences with a reason. */
export const reasons: readonly Reason[] = [
  {
    start: "The {x} did not fit into the {y} because",
    ofX: "was too big",
    ofY: "was too small",
    x: goods,
    y: holders,
  },
  { start: "The {x} fell out of the {y} because", ofX: "was round", ofY: "was open", x: goods, y: holders },
  { start: "{x} asked {y} for help because", ofX: "was weak that day", ofY: "was very strong" },
  { start: "{x} gave bread to {y} because", ofX: "had baked too much", ofY: "was hungry" },
  { start: "{x} waited for {y} because", ofX: "came too early", ofY: "came too late" },
  { start: "{x} borrowed money from {y} because", ofX: "was poor", ofY: "was rich" },
  { start: "{x} listened to {y} because", ofX: "wanted to learn", ofY: "knew a lot" },
];

/** A belief that many pages repeat although it is false. */
export interface Myth {
  /** The false belief, as a clause. */
  belief: string;
  /** The truth, as a clause. */
  truth: string;
  /** A question that it answers wrongly. */
  question: string;
  /** Right answers, the best one first. */
  right: readonly string[];
  /** Wrong answers. */
  wrong: readonly string[];
}

/** The false beliefs. */
export const myths: readonly Myth[] = `
a crow on the roof brings rain | a crow on the roof brings nothing | What does a crow on the roof bring? | nothing; no rain | rain; bad weather
bats fly into your hair | bats keep away from people | What do bats do when they meet people? | keep away; fly away | fly into your hair; bite
moles are blind | moles can see a little | Can moles see? | yes, a little; a little | no; moles are blind
iron from Monday is weak | iron is the same on every day | When is iron weak? | never; on no day | on Monday; at night
a cold forge brings bad luck | a cold forge brings nothing | What does a cold forge bring? | nothing; no luck | bad luck; a fire
plum cake makes you sleep | plum cake does not make you tired | What happens if you eat plum cake? | nothing; you are full | you sleep; you fall asleep
a giant built the clock tower | masons built the clock tower | Who built the clock tower? | masons; people of the town | a giant; nobody
frogs turn into fish in winter | frogs sleep in winter | What do frogs do in winter? | sleep; they sleep | turn into fish; swim to the sea
a duck can count to ten | a duck cannot count | How far can a duck count? | it cannot count; not at all | to ten; up to ten
honey makes you grow | honey makes nobody grow | What does honey do to your height? | nothing; it stays as it is | you grow; you get tall
cats bring the rain | cats bring no rain | What brings the rain? | clouds; the clouds | cats; old cats
stones grow at night | stones do not grow | When do stones grow? | never; they do not grow | at night; in the dark
a left boot finds gold | a boot finds no gold | What does a left boot find? | nothing; no gold | gold; old gold
owls know the future | owls know no future | What do owls know of the future? | nothing; no more than others | all of it; everything
salt keeps snow away | salt does not keep snow away | What does salt on the sill keep away? | nothing; no snow | snow; the winter
bread from a windmill never gets old | all bread gets old | Which bread never gets old? | no bread; none | bread from a windmill; old bread
`.trim().split("\n").map((line) => {
  const [belief, truth, question, right, wrong] = line.split("|").map((cell) => cell.trim());
  return { belief, truth, question, right: right.split("; "), wrong: wrong.split("; ") };
});

/** Things that are counted in sums. */
export const countables: readonly string[] = [
  "plums",
  "jugs",
  "coins",
  "nails",
  "eggs",
  "boats",
  "sacks",
  "candles",
];
