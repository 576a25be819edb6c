/**
 * Makes sure that WebGPU opens an adapter that is fast enough, before a task that needs one.
 *
 * A GPU is accepted on any backend, a software adapter on any backend but OpenGL. Where that is missing, root on Debian
 * and Ubuntu gets Mesa's Vulkan drivers installed; everyone else is told the line to run. Software OpenGL that stays
 * is a warning (exit code 0), no adapter at all an error (exit code 1). No environment or setting is changed.
 *
 * @module
 */
import {
  type AdapterFacts,
  adapterName,
  driverAdvice,
  installLineHere,
  isSoftwareGl,
  noAdapter,
  slowAdapter,
} from "../src/gpu/adapters/software_adapter.ts";

/** The adapter that Deno opens. */
export interface Found {
  /** The adapter's own name, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  name: string;
  /** The backend, such as `vulkan`, `metal`, `dx12` or `gl`. */
  backend: string;
  /** True for a software adapter on OpenGL. */
  softwareGl: boolean;
}

/** The facts that decide what the set-up does and says. */
export interface Situation {
  /** The adapter that opened, if one did. */
  found?: Found;
  /** The shell line that installs Vulkan here, where the system is known. */
  line?: string;
  /** True for the superuser. */
  root: boolean;
  /** The value of DENO_WEBGPU_BACKEND, where it is set. */
  only?: string;
  /** The setting that tells Vulkan where its drivers are, such as `VK_DRIVER_FILES=/opt/icd.json`, where one is set. */
  drivers?: string;
  /** The result of the install, after one was tried. */
  install?: "done" | "failed";
}

/** Decides the next step: go on, install Vulkan and look again, go on with a warning, or stop. */
export function decide(s: Situation): "accept" | "install" | "warn" | "fail" {
  if (s.found && !s.found.softwareGl) return "accept";
  if (triesVulkan(s.only) && s.root && s.line?.startsWith("apt-get ") && !s.install) return "install";
  return s.found ? "warn" : "fail";
}

/** Returns the line that names the adapter. */
export function finding(found: Found | undefined): string {
  return found
    ? `WebGPU: ${found.name}, backend ${found.backend}`
    : "No WebGPU adapter was found on this machine.";
}

/** Returns the lines that follow a verdict of "warn" or "fail": what is wrong, and what to do about it. */
export function advice(s: Situation): string[] {
  const problem = `${s.found ? slowAdapter(s.found.name) : noAdapter}.`;
  const tried = {
    done: `Vulkan is installed, and still no Vulkan driver opens${s.drivers ? `: ${s.drivers} is set` : ""}.`,
    failed: "The install failed; its output stands above.",
  };
  return [
    problem,
    ...s.only === undefined
      ? []
      : [`DENO_WEBGPU_BACKEND=${s.only} is set: unset it to let Deno choose a backend.`],
    ...s.install ? [tried[s.install]] : [],
    ...s.install === "done" || !triesVulkan(s.only) ? [] : [driverAdvice(s.line)],
  ];
}

/** Splits the value of DENO_WEBGPU_BACKEND as Deno does. */
function backends(only: string): string[] {
  return only.split(",").map((name) => name.trim().toLowerCase());
}

/** Returns true where Deno tries Vulkan. */
function triesVulkan(only: string | undefined): boolean {
  return only === undefined || backends(only).some((name) => name === "vulkan" || name === "vk");
}

/** A program that opens the adapter that the SDK opens, and prints its facts. */
const look = `
const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
const device = await adapter?.requestDevice();
device?.destroy();
const names = ["description", "vendor", "device", "architecture", "isFallbackAdapter", "subgroupMinSize", "subgroupMaxSize"];
console.log(adapter ? JSON.stringify(adapter.info, names) : "");
`;

/** Opens an adapter in a new process, since a driver library is loaded when a process starts; returns its facts. */
async function lookOnce(only: string | undefined): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", look],
    env: {
      ...only === undefined ? {} : { DENO_WEBGPU_BACKEND: only },
      XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp",
    },
    stderr: "null",
  }).output();
  return code === 0 ? new TextDecoder().decode(stdout).trim() : "";
}

/** Finds the adapter that Deno opens by itself, or among the backends of `only`, and by which backend it does. */
export async function findAdapter(
  only: string | undefined = Deno.env.get("DENO_WEBGPU_BACKEND"),
): Promise<Found | undefined> {
  const facts = await lookOnce(only);
  if (!facts) return undefined;
  const info: AdapterFacts = JSON.parse(facts);
  const usual = { darwin: ["metal"], windows: ["vulkan", "dx12", "gl"] }[Deno.build.os as string];
  const candidates = only === undefined ? usual ?? ["vulkan", "gl"] : backends(only);
  let backend = candidates[0];
  for (const name of candidates.length > 1 ? candidates : []) {
    backend = name;
    if (await lookOnce(name) === facts) break;
  }
  return { name: adapterName(info), backend, softwareGl: isSoftwareGl(info) };
}

/**
 * Runs an install line of apt-get, and again after updating the package lists where it fails.
 * The output is shown only of an install that fails in the end.
 */
export async function install(line: string): Promise<"done" | "failed"> {
  const [, ...args] = line.split(" ");
  if (!await aptGet(args)) return "done";
  const update = await aptGet(["update"]);
  const output = await aptGet(args);
  if (!output) return "done";
  console.error(`${update}${output}`);
  return "failed";
}

/** Runs apt-get; returns the output of a failure and an empty text after success. */
async function aptGet(args: readonly string[]): Promise<string> {
  console.log(`Running apt-get ${args.join(" ")}`);
  try {
    const { code, stdout, stderr } = await new Deno.Command("apt-get", {
      args: ["-q", "-o", "DPkg::Lock::Timeout=60", ...args],
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return code === 0
      ? ""
      : `${text.decode(stdout)}${text.decode(stderr)}apt-get ended with exit code ${code}\n`;
  } catch (error) {
    return `apt-get did not start: ${(error as Error).message}\n`;
  }
}

/** Returns the setting that tells the Vulkan loader where its drivers are, where one is set. */
function driverSetting(): string | undefined {
  const names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
  const name = names.find((name) => Deno.env.get(name) !== undefined);
  return name && `${name}=${Deno.env.get(name)}`;
}

async function main(): Promise<number> {
  const only = Deno.env.get("DENO_WEBGPU_BACKEND");
  const found = await findAdapter(only);
  const line = await installLineHere();
  let situation: Situation = { found, line, root: Deno.uid() === 0, only, drivers: driverSetting() };
  if (line && decide(situation) === "install") {
    console.log(`${finding(found)}\nVulkan is missing: the set-up installs it.`);
    const result = await install(line);
    situation = { ...situation, install: result, found: await findAdapter(only) };
  }
  const verdict = decide(situation);
  console.log(finding(situation.found));
  if (verdict !== "accept") console.error(advice(situation).join("\n"));
  return verdict === "fail" ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
