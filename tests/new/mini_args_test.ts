import assert from "node:assert/strict";
import { type ArgOptions, parseArgs as miniParseArgs } from "../../src/new/mini_args.ts";
import { loadParseArgs } from "../../src/new/parse_args.ts";

const real = await loadParseArgs();
const reached = real !== miniParseArgs;

Deno.test({
  name: `the stand-in reads as @std/cli does${reached ? "" : " (ignored: JSR cannot be reached)"}`,
  ignore: !reached,
  fn() {
    const refused = (arg: string): never => {
      throw new Error(arg);
    };
    const options: ArgOptions = {
      string: ["a", "bc"],
      boolean: ["d", "e"],
      negatable: ["d", "e"],
      unknown: refused,
    };
    const result = (parse: typeof real, args: string[]): unknown => {
      try {
        return parse(args, options);
      } catch (error) {
        return String(error);
      }
    };
    const usual = [
      "--a",
      "--a=1",
      "--a=x=y",
      "--bc",
      "--d",
      "--d=false",
      "--no-d",
      "--e=true",
      "true",
      "false",
      "7",
    ];
    const words = [...usual, "--", "-", "-1", "-x", "--zz", "--a=", "--no-a", ""];
    for (const first of words) {
      for (const second of words) {
        for (const args of [[first], [first, second], ["--bc", first, second], [first, "--d", second]]) {
          assert.deepEqual(result(miniParseArgs, args), result(real, args), JSON.stringify(args));
        }
      }
    }
  },
});
