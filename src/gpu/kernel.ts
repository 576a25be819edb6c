/**
 * A kernel is a WGSL text with the bindings and parameters that it declares.
 *
 * They are read from the text itself: calls name them, and a wrong name is an error that names the kernel. Every kernel
 * declares its storage bindings one after another and, last, `var<uniform> p: Params`. Constants (tiles, flags and the
 * head size, but never the extent of a tensor) are put in front as `const NAME = value;`.
 *
 * @module
 */
import { DeviceError } from "../base/errors.ts";
import type { Device } from "./device.ts";

/** A storage binding of a kernel. */
export interface Binding {
  /** Name of the variable. */
  name: string;
  /** True when the kernel writes it. */
  writes: boolean;
}

/** A field of the kernel's `Params`. */
export interface Param {
  /** Name of the field. */
  name: string;
  /** Its WGSL type. */
  type: "u32" | "i32" | "f32";
}

/** A compute shader, ready to be compiled for a device. */
export interface Kernel {
  /** Name and constants, such as `rmsnorm W=4`. */
  name: string;
  /** The whole WGSL text. */
  code: string;
  /** Storage bindings by number. */
  bindings: Binding[];
  /** Parameters in the order of their words. */
  params: Param[];
  /** Index in `code` of the kernel's own text, behind constants and the lines that kernels share. */
  start: number;
  /** The template that the text was unrolled from, where it is less than half as long and so better to read. */
  template?: string;
}

const cache = new Map<string, Map<string, Kernel>>();

/**
 * Returns the kernel of a WGSL text, the same object for the same text.
 *
 * @param name shown in listings of programs, followed by the constants
 * @param source WGSL whose entry point is `main`
 * @param constants put in front as `const NAME = value;`, numbers as u32
 * @param prelude WGSL put between constants and source, such as {@linkcode vectors} or {@linkcode reductions}
 * @param template the text that `source` was unrolled from, for readers
 * @throws {Error} for bindings that are not numbered 0, 1, 2 ... in order
 */
export function kernel(
  name: string,
  source: string,
  constants: Record<string, number | boolean> = {},
  prelude = "",
  template?: string,
): Kernel {
  const half = /\bf16\b/.test(`${prelude}${source}`.replaceAll(/\/\/.*/g, ""));
  const settings = Object.entries(constants).map(([key, value]) => `${key}=${value}`);
  const label = [name, ...settings, ...half ? ["f16"] : []].join(" ");
  const consts = Object.entries(constants).map(([k, v]) =>
    `const ${k} = ${typeof v === "number" ? `${v}u` : v};\n`
  );
  const shared = (half ? "enable f16;\n" : "") + consts.join("") + prelude;
  const code = shared + source;
  const named = cache.get(label) ?? new Map<string, Kernel>();
  cache.set(label, named);
  const known = named.get(code);
  if (known) return known;
  const bindings = parseBindings(name, source);
  const made = {
    name: label,
    code,
    bindings,
    params: parseParams(source),
    start: shared.length,
    template: template !== undefined && 2 * template.length < source.length ? template : undefined,
  };
  named.set(code, made);
  return made;
}

function parseBindings(name: string, source: string): Binding[] {
  const found = [
    ...source.matchAll(/@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read|read_write)>\s*(\w+)/g),
  ];
  found.forEach((match, i) => {
    if (Number(match[1]) !== i) throw new Error(`Kernel ${name}: binding ${i} is missing or out of order`);
  });
  return found.map((match) => ({ name: match[3], writes: match[2] === "read_write" }));
}

function parseParams(source: string): Param[] {
  const body = source.match(/struct Params\s*\{([^}]*)\}/)?.[1] ?? "";
  return [...body.replaceAll(/\/\/.*/g, "").matchAll(/(\w+)\s*:\s*(u32|i32|f32)/g)]
    .map((match) => ({ name: match[1], type: match[2] as Param["type"] }));
}

/** Returns the words of a `Params` struct. */
export function packParams(
  kernel: Kernel,
  values: Readonly<Record<string, number>>,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.max(4, Math.ceil(kernel.params.length / 4) * 4));
  const floats = new Float32Array(words.buffer);
  kernel.params.forEach(({ name, type }, i) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Kernel ${kernel.name}: parameter ${name} is missing`);
    if (type === "f32") floats[i] = value;
    else words[i] = value;
  });
  for (const name of Object.keys(values)) {
    if (!kernel.params.some((p) => p.name === name)) {
      throw new Error(`Kernel ${kernel.name}: it has no parameter ${name}`);
    }
  }
  return words;
}

const pipelines = new WeakMap<Device, Map<Kernel, Promise<GPUComputePipeline>>>();

/**
 * Returns the pipeline of a kernel, compiled once per device.
 *
 * @throws {DeviceError} naming the kernel and the line of its WGSL
 */
export function pipeline(device: Device, kernel: Kernel): Promise<GPUComputePipeline> {
  let known = pipelines.get(device);
  if (!known) pipelines.set(device, known = new Map());
  let made = known.get(kernel);
  if (!made) known.set(kernel, made = compile(device, kernel));
  return made;
}

/** Compiles a kernel. Error scopes close before anything is awaited, since other compilations run at the same time. */
async function compile(device: Device, kernel: Kernel): Promise<GPUComputePipeline> {
  const gpu = device.gpu;
  const directive = /\bsubgroup[A-Z_]/.test(kernel.code) ? await subgroupsDirective(device) : "";
  gpu.pushErrorScope("validation");
  const module = gpu.createShaderModule({ label: kernel.name, code: directive + kernel.code });
  const shaderError = gpu.popErrorScope();
  gpu.pushErrorScope("validation");
  const layout = gpu.createPipelineLayout({ bindGroupLayouts: [bindGroupLayout(device, kernel)] });
  const made = gpu.createComputePipeline({
    label: kernel.name,
    layout,
    compute: { module, entryPoint: "main" },
  });
  const pipelineError = gpu.popErrorScope();
  const error = await shaderError ?? await pipelineError;
  if (error) throw shaderFault(kernel, error.message);
  return made;
}

const directives = new WeakMap<Device, Promise<string>>();

/**
 * Returns the directive in front of kernels that use subgroups. The standard asks for it; Deno's compiler, which has the
 * functions, refuses it.
 */
function subgroupsDirective(device: Device): Promise<string> {
  const known = directives.get(device);
  if (known) return known;
  const code = "enable subgroups; ";
  device.gpu.pushErrorScope("validation");
  device.gpu.createShaderModule({ label: "enable subgroups", code });
  const found = device.gpu.popErrorScope().then((refusal) => refusal ? "" : code);
  directives.set(device, found);
  return found;
}

/** Makes the error for a message of the compiler, which names the place as `wgsl:LINE:COLUMN`. */
function shaderFault(kernel: Kernel, message: string): DeviceError {
  const line = Number(message.match(/wgsl:(\d+):\d+/)?.[1]) || undefined;
  const where = line ? `, line ${line}: ${kernel.code.split("\n")[line - 1].trim()}` : "";
  return new DeviceError(`Kernel ${kernel.name}${where}\n${message.trim()}`, { kernel: kernel.name, line });
}

const layouts = new WeakMap<Device, Map<string, GPUBindGroupLayout>>();

/** Returns the layout of a kernel's bindings: storage buffers in order, then the uniform parameters. */
export function bindGroupLayout(device: Device, kernel: Kernel): GPUBindGroupLayout {
  let known = layouts.get(device);
  if (!known) layouts.set(device, known = new Map());
  const key = kernel.bindings.map((b) => b.writes ? "w" : "r").join("");
  const found = known.get(key);
  if (found) return found;
  const types: GPUBufferBindingType[] = kernel.bindings.map((b) =>
    b.writes ? "storage" : "read-only-storage"
  );
  types.push("uniform");
  const entries = types.map((type, binding) => ({ binding, visibility: 0x4, buffer: { type } }));
  const made = device.gpu.createBindGroupLayout({ entries });
  known.set(key, made);
  return made;
}
