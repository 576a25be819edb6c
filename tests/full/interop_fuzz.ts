/**
 * Damages and reads many checkpoints in a process that may touch one folder only, and prints what came of them.
 *
 *     deno run --allow-read=FOLDER --allow-write=FOLDER interop_fuzz.ts FOLDER COUNT SEED
 *
 * @module
 */
import { fuzz, plant } from "../model/fuzz.ts";

const [folder, count, seed] = Deno.args;
const targets = await plant(folder);
const before = Deno.memoryUsage().rss;
let most = before;
const timer = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 20);
const outcomes = await fuzz(folder, targets, Number(count), Number(seed));
clearInterval(timer);
console.log(JSON.stringify({ outcomes, before, most }));
