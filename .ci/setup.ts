/**
 * Makes sure that a WebGPU adapter can be opened, before anything that needs one.
 *
 * Without an adapter it says so; on Debian and Ubuntu as root it installs Mesa's software Vulkan driver,
 * elsewhere it prints the one line to run and exits with 1. It sets nothing global.
 *
 * @module
 */

/** What opened, or undefined. */
export interface Found {
  /** What the driver calls itself, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  name: string;
  /** `vulkan`, `metal`, `dx12` or `gl`. */
  backend: string;
}

/** A driver library is loaded when a process starts, so each look is taken by a new process. */
const look = `
const adapter = await navigator.gpu?.requestAdapter();
const device = await adapter?.requestDevice();
device?.destroy();
console.log(adapter ? JSON.stringify(adapter.info.description || adapter.info.vendor) : "");
`;

/** Opens the first adapter among the backends that Deno itself would try; `only` is DENO_WEBGPU_BACKEND. */
export async function findAdapter(only = Deno.env.get("DENO_WEBGPU_BACKEND")): Promise<Found | undefined> {
  const usual = { darwin: ["metal"], windows: ["vulkan", "dx12", "gl"] }[Deno.build.os as string];
  for (const backend of only ? [only] : usual ?? ["vulkan", "gl"]) {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", look],
      env: { DENO_WEBGPU_BACKEND: backend, XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
      stderr: "null",
    }).output();
    const name = new TextDecoder().decode(stdout).trim();
    if (code === 0 && name) return { name: JSON.parse(name), backend };
  }
}

/** The shell line that brings a software Vulkan driver, by what /etc/os-release says; undefined elsewhere. */
export function installLine(release: string): string | undefined {
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap((hit) => hit[1].split(" "));
  const lines = {
    debian: "apt-get install -y mesa-vulkan-drivers libvulkan1",
    fedora: "dnf install -y mesa-vulkan-drivers vulkan-loader",
    arch: "pacman -S --noconfirm vulkan-swrast vulkan-icd-loader",
    alpine: "apk add mesa-vulkan-swrast vulkan-loader",
    suse: "zypper install -y libvulkan_lvp libvulkan1",
  };
  return Object.entries(lines).find(([id]) => ids.includes(id))?.[1];
}

async function install(line: string): Promise<void> {
  const [command, ...args] = line.split(" ");
  for (const step of [["update"], args]) {
    console.log(`Running ${command} ${step.join(" ")}`);
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args: ["-q", ...step],
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
    }).output();
    if (code === 0) continue;
    console.error(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
    return;
  }
}

async function readRelease(): Promise<string> {
  try {
    return await Deno.readTextFile("/etc/os-release");
  } catch {
    return "";
  }
}

/** What to do about a machine where nothing was found. */
function advice(line: string | undefined, only: string | undefined): string {
  if (only) return `DENO_WEBGPU_BACKEND=${only} is set: unset it, or install that backend's driver.`;
  if (line) return `Run this once, then try again:\n\n    ${Deno.uid() === 0 ? "" : "sudo "}${line}\n`;
  return "Install your graphics card's driver; on Linux without a card, Mesa's software Vulkan driver (lavapipe).";
}

async function main(): Promise<number> {
  const only = Deno.env.get("DENO_WEBGPU_BACKEND");
  let found = await findAdapter();
  const line = installLine(await readRelease());
  if (!found) {
    console.log("No WebGPU adapter was found on this machine.");
    if (line?.startsWith("apt-get") && Deno.uid() === 0 && (!only || only === "vulkan")) {
      await install(line);
      found = await findAdapter();
    }
  }
  if (!found) {
    console.error(advice(line, only));
    return 1;
  }
  console.log(`WebGPU: ${found.name}, backend ${found.backend}`);
  if (found.backend === "gl" && !only) {
    console.log(`(GL is the fallback; Vulkan is better tested: ${line ?? "install its driver"})`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());
