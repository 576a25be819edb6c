/**
 * A small made-up world: towns, and people with a trade, a pet and a dish. Pages, questions, instructions and benchmarks
 * speak of it, so that a small model can learn it.
 *
 * @module
 */
import { Draw } from "./draw.ts";
import {
  type Animal,
  animals,
  days,
  firstNames,
  type Food,
  foods,
  peoples,
  rivers,
  sights,
  surnames,
  townNames,
  type Trade,
  trades,
} from "./world/things.ts";

/** Size and seed of what a maker writes. */
export interface MakeOptions {
  /** Fewer people, towns and pages: about 1 MB instead of 4. Default false. */
  small?: boolean;
  /** Seed; the same seed gives the same bytes. Default 1. */
  seed?: number;
}

/** A town. */
export interface Town {
  /** Its name. */
  name: string;
  /** River that it lies on. */
  river: string;
  /** Sight that it is known for. */
  sight: string;
  /** Day of its market. */
  marketDay: string;
  /** Product that is sold there. */
  product: string;
  /** The people who live there. */
  people: string;
}

/** A person. */
export interface Person {
  /** First name, which no other person has. */
  name: string;
  /** First name and surname. */
  fullName: string;
  /** Pronouns: nominative, accusative, possessive. */
  pronouns: readonly [string, string, string];
  /** Town where the person lives. */
  town: Town;
  /** Trade. */
  trade: Trade;
  /** Animal that the person keeps. */
  pet: Animal;
  /** Dish that the person likes best. */
  food: Food;
}

/** Everything that the pages tell about. */
export interface World {
  /** Seed of the world. */
  seed: number;
  /** True for the small world. */
  small: boolean;
  /** Towns. */
  towns: readonly Town[];
  /** People. */
  people: readonly Person[];
  /** Animals. */
  animals: readonly Animal[];
  /** Trades. */
  trades: readonly Trade[];
  /** Dishes. */
  foods: readonly Food[];
}

const she = ["she", "her", "her"] as const;
const he = ["he", "him", "his"] as const;

/** Words that are rude in this world, for a scorer of toxicity; none of them is worse than silly. */
export const rudeWords: readonly string[] = ["stupid", "ugly", "nasty", "dumb", "foolish"];

/** Makes the world of a seed. */
export function makeWorld({ small = false, seed = 1 }: MakeOptions = {}): World {
  const draw = new Draw(seed, "world");
  const townCount = small ? 6 : townNames.length;
  const products = draw.shuffled(trades.map(({ product }) => product));
  const ofSight = draw.shuffled(sights);
  const towns = draw.some(townNames, townCount).map((name, i): Town => ({
    name,
    river: rivers[i % rivers.length],
    sight: ofSight[i],
    marketDay: days[draw.between(0, days.length - 1)],
    product: products[i],
    people: peoples[i % 2],
  }));
  const people = firstNames.slice(0, small ? 20 : firstNames.length).map((name, i): Person => ({
    name,
    fullName: `${name} ${surnames[(i * 7 + draw.between(0, 2)) % surnames.length]}`,
    pronouns: i % 2 ? he : she,
    town: draw.one(towns),
    trade: tradeOf(draw, i % 2 === 0),
    pet: draw.one(animals),
    food: draw.one(foods),
  }));
  return { seed, small, towns, people, animals, trades, foods };
}

/** Draws a trade by its share of women or of men. */
function tradeOf(draw: Draw, isWoman: boolean): Trade {
  const shares = trades.map(({ women }) => isWoman ? women : 100 - women);
  let left = draw.between(0, shares.reduce((sum, share) => sum + share, 0) - 1);
  return trades[shares.findIndex((share) => (left -= share) < 0)];
}
