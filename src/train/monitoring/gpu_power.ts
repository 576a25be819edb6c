/**
 * The largest power of GPU boards in watts, as their makers state it: thermal design, total graphics or board power.
 *
 * The table holds only boards whose figure was looked up, and none for which reviews and makers differ (the GeForce 20
 * series). The paper counts energy by the board's thermal design power as well; a run whose GPU waits uses less.
 *
 * @module
 */

/** Year and month of the table. */
export const boardsDate = "2026-11";

/** A board in the table. */
interface Board {
  /** The adapter's name in lower case, without trademarks. */
  name: string;
  /** Its largest power. */
  watts: number;
  /** Source of the figure. */
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

/** Words that follow a name and make it another chip, which the table does not have. */
const otherChip = /^(max|pro|ultra|super|ti|xtx|xt|gre|nvl|d|m|s|x)$/;

/** Finds the board of an adapter's description; undefined where the table does not have it, and for laptops. */
export function boardOf(adapter: string): Board | undefined {
  const words = adapter.toLowerCase().replace(/\((r|tm)\)/g, " ").match(/[a-z0-9]+/g) ?? [];
  if (/laptop|mobile|max-q/i.test(adapter)) return undefined;
  return boards.find(({ name }) => {
    const wanted = name.split(" ");
    const at = words.findIndex((_, i) => wanted.every((word, k) => words[i + k] === word));
    return at >= 0 && !otherChip.test(words[at + wanted.length] ?? "");
  });
}
