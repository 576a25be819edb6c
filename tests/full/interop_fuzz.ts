/**
 * Damages and reads many checkpoints in a process that may access one folder only, and prints the outcomes.
 *
 *     deno run --allow-read=FOLDER --allow-write=FOLDER interop_fuzz.ts FOLDER COUNT SEED
 *
 * @module
 */
import { fuzz, plant } from "../model/fuzz.ts";

const [folder, count, seed] = Deno.args;
const targets = await plant(folder);
const before = Deno.memoryUsage().rss;
let peak = before;
const timer = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 20);
const outcomes = await fuzz(folder, targets, Number(count), Number(seed));
clearInterval(timer);
console.log(JSON.stringify({ outcomes, before, peak }));
