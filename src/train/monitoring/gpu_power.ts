/**
 * What GPU boards draw at most, in watts, as their makers state it: thermal design power, total graphics or board power.
 *
 * Only boards whose figure was looked up stand here; what reviews and makers give differently (the GeForce 20 series) does not.
 * The paper counts energy by the board's thermal design power as well; a run that leaves its GPU waiting uses less.
 *
 * @module
 */

/** When the table was made, as a year and a month. */
export const boardsDate = "2026-11";

/** A board of the table. */
export interface Board {
  /** How the adapter's name reads in lower case, without marks. */
  name: string;
  /** The most it draws. */
  watts: number;
  /** Who says so. */
  source: string;
}

const tables: readonly { source: string; boards: Readonly<Record<string, number>> }[] = [
  {
    source: "NVIDIA, as product briefs and reviews give it",
    boards: {
      "h200": 700,
      "h200 nvl": 600,
      "h100 80gb hbm3": 700,
      "h100 sxm5 80gb": 700,
      "h100 nvl": 400,
      "h100 pcie": 350,
      "a100 sxm4 80gb": 400,
      "a100 sxm4 40gb": 400,
      "a100 80gb pcie": 300,
      "a100 pcie 40gb": 250,
      "v100 pcie 16gb": 250,
      "v100 pcie 32gb": 250,
      "l40s": 350,
      "l40": 300,
      "l4": 72,
      "a40": 300,
      "a10": 150,
      "tesla t4": 70,
      "rtx a6000": 300,
      "rtx 5090": 575,
      "rtx 5080": 360,
      "rtx 5070 ti": 300,
      "rtx 5070": 250,
      "rtx 4090": 450,
      "rtx 4090 d": 425,
      "rtx 4080 super": 320,
      "rtx 4080": 320,
      "rtx 4070 ti super": 285,
      "rtx 4070 ti": 285,
      "rtx 4070 super": 220,
      "rtx 4070": 200,
      "rtx 4060": 115,
      "rtx 3090 ti": 450,
      "rtx 3090": 350,
      "rtx 3080 ti": 350,
      "rtx 3080": 320,
      "rtx 3070 ti": 290,
      "rtx 3070": 220,
      "rtx 3060 ti": 200,
      "rtx 3060": 170,
    },
  },
  {
    source: "AMD, as reviews give it",
    boards: {
      "mi300x": 750,
      "rx 9070 xt": 304,
      "rx 7900 xtx": 355,
      "rx 6900 xt": 300,
      "rx 6800 xt": 300,
      "rx 6700 xt": 230,
      "rx 6600 xt": 160,
    },
  },
  {
    source: "Intel, as its support pages and reviews give it",
    boards: { "b580": 190, "b570": 150, "a770": 225 },
  },
  {
    source: "support.apple.com/103253, a whole Mac mini at its largest",
    boards: { "apple m1": 39, "apple m4": 65 },
  },
];

const boards: readonly Board[] = tables.flatMap(({ source, boards }) =>
  Object.entries(boards).map(([name, watts]) => ({ name, watts, source }))
);

/** What follows a name and makes it another chip, of which the makers leave the power open or the table says nothing. */
const another = /^(max|pro|ultra|super|ti|xtx|xt|gre|nvl|d|m|s|x)$/;

/** The board of an adapter's description; undefined where the table does not have it, and for chips of laptops. */
export function boardOf(adapter: string): Board | undefined {
  const words = adapter.toLowerCase().replace(/\((r|tm)\)/g, " ").match(/[a-z0-9]+/g) ?? [];
  if (/laptop|mobile|max-q/i.test(adapter)) return undefined;
  return boards.find(({ name }) => {
    const own = name.split(" ");
    const at = words.findIndex((_, i) => own.every((word, k) => words[i + k] === word));
    return at >= 0 && !another.test(words[at + own.length] ?? "");
  });
}
