/**
 * Compiles kernels on the card that the environment names, and puts markers around what the driver writes about each.
 *
 *     deno run -A tests/isa/compile_kernels.ts JSON
 *
 * where JSON is a list of kernels, as `kernel()` of src/gpu makes them.
 *
 * @module
 */
import { type Kernel, openDevice } from "../../src/gpu/mod.ts";
import { pipeline } from "../../src/gpu/kernel.ts";
import { watchPipelines } from "./watch_pipelines.ts";

const device = await openDevice({ family: "shared" });
watchPipelines(device);
for (const made of JSON.parse(Deno.args[0]) as Kernel[]) await pipeline(device, made);
device.close();
