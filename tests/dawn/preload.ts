/**
 * Puts Google's Dawn, the WebGPU of Chrome, in the place of Deno's: `deno test --preload tests/dawn/preload.ts`.
 *
 * `LLAMERO_DAWN` names the folder in which npm installed the package `webgpu`.
 *
 * @module
 */
import { createRequire } from "node:module";

/** The parts of the package that are used here. */
interface Dawn {
  /** Returns an object that stands for `navigator.gpu`. */
  create(options: string[]): GPU;
  /** The classes and constants of WebGPU. */
  globals: Record<string, unknown>;
}

const { create, globals }: Dawn = createRequire(`${Deno.env.get("LLAMERO_DAWN")}/`)("webgpu");
Object.assign(globalThis, globals);
Object.defineProperty(navigator, "gpu", { value: create(["backend=vulkan"]), configurable: true });
