// An evaluation that the test kills in the middle. `killed.ts MODEL_FOLDER DATA_FOLDER CACHE_FOLDER OUT` writes its report
// to OUT.
import { Evaluator } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";

const [folder, data, cache, out] = Deno.args;
const model = await Model.load(folder, { name: "m" });
const report = await new Evaluator(model, { cache }).add("piqa", { data }).add("gsm8k", {
  data,
  limit: 1,
  shots: 0,
}).run();
await Deno.writeTextFile(out, JSON.stringify(report.results));
console.log("done");
Deno.exit(0);
