// The set-up of WebGPU: its decisions, and whole runs with a made-up apt-get.
import assert from "node:assert/strict";
import { join } from "node:path";
import { advice, decide, findAdapter, finding, type Found, type Situation } from "../../.ci/setup.ts";
import { driverAdvice, installLineHere, slowAdapter } from "../../src/gpu/adapters/software_adapter.ts";
import { type Outcome, runDeno } from "./tree.ts";
import { inFolder } from "../support/folder.ts";

const setup = ["run", "-A", "--no-config", ".ci/setup.ts"];
const root = Deno.uid() === 0;
const lineHere = await installLineHere();
const apt = "apt-get install -y mesa-vulkan-drivers libvulkan1";

Deno.test("setup names the adapter and its backend", async () => {
  const { code, stdout } = await runDeno(setup);
  assert.match(stdout, /^WebGPU: .+, backend (vulkan|metal|dx12|gl)$/m);
  assert.equal(code, 0);
});

Deno.test("setup without an adapter says so, what to do, and fails", async () => {
  for (const only of ["none", ""]) {
    const { code, stdout, stderr } = await runDeno(setup, { env: { DENO_WEBGPU_BACKEND: only } });
    assert.equal(stdout, "No WebGPU adapter was found on this machine.\n");
    assert.match(stderr, new RegExp(`^DENO_WEBGPU_BACKEND=${only} is set: unset it`, "m"));
    assert.equal(code, 1);
  }
});

const adapters: Record<string, Found | undefined> = {
  none: undefined,
  "software GL": { name: "llvmpipe", backend: "gl", softwareGl: true },
  "GPU on GL": { name: "Mali-G78", backend: "gl", softwareGl: false },
  Vulkan: { name: "llvmpipe", backend: "vulkan", softwareGl: false },
};

/** Every combination of the facts that a decision depends on, with a name each. */
const situations = Object.entries(adapters).flatMap(([adapter, found]) =>
  [true, false].flatMap((root) =>
    [apt, "dnf install -y mesa-vulkan-drivers vulkan-loader", undefined].flatMap((line) =>
      [undefined, "vulkan", "VK, gl", "gl", "none", ""].flatMap((only) =>
        ([undefined, "done", "failed"] as const).map((install): [string, Situation] => [
          [adapter, root ? "root" : "user", line?.split(" ")[0], only ?? "unset", install ?? "untried"]
            .join(),
          { found, root, line, only, install },
        ])
      )
    )
  )
);

Deno.test("a GPU on any backend and software on Vulkan are accepted, whatever else holds", () => {
  const accepted = situations.filter(([, situation]) => decide(situation) === "accept");
  assert.equal(accepted.length, 2 * 2 * 3 * 6 * 3);
  assert.ok(accepted.every(([name]) => name.startsWith("GPU on GL,") || name.startsWith("Vulkan,")));
});

Deno.test("root on Debian installs, once, unless DENO_WEBGPU_BACKEND leaves Vulkan out; nobody else does", () => {
  const installing = situations.filter(([, situation]) => decide(situation) === "install");
  assert.deepEqual(installing.map(([name]) => name), [
    "none,root,apt-get,unset,untried",
    "none,root,apt-get,vulkan,untried",
    "none,root,apt-get,VK, gl,untried",
    "software GL,root,apt-get,unset,untried",
    "software GL,root,apt-get,vulkan,untried",
    "software GL,root,apt-get,VK, gl,untried",
  ]);
});

Deno.test("otherwise software GL is a warning and no adapter a failure", () => {
  const rest = situations.filter(([, situation]) => !["accept", "install"].includes(decide(situation)));
  assert.equal(rest.length, 2 * (2 * 3 * 6 * 3 - 3));
  for (const [name, situation] of rest) {
    assert.equal(decide(situation), name.startsWith("none,") ? "fail" : "warn", name);
  }
});

Deno.test("the advice says how slow the adapter is, then what helps", () => {
  const found = adapters["software GL"];
  const slow =
    "llvmpipe is a software adapter on OpenGL, and the fast kernels need Vulkan: the quickstart is " +
    "almost 6 times slower (measured: 14.3 minutes instead of 2.5).";
  assert.equal(finding(found), "WebGPU: llvmpipe, backend gl");
  assert.deepEqual(advice({ found, line: apt, root: false }), [slow, driverAdvice(apt)]);
  assert.ok(
    driverAdvice(apt).endsWith(`as root (Mesa's serve AMD, Intel and machines without a GPU): ${apt}`),
  );
  assert.deepEqual(advice({ found, root: true }), [slow, driverAdvice(undefined)]);
  assert.deepEqual(advice({ found, line: apt, root: true, install: "failed" }), [
    slow,
    "The install failed; its output stands above.",
    driverAdvice(apt),
  ]);
  assert.deepEqual(advice({ found, line: apt, root: true, install: "done", drivers: "VK_DRIVER_FILES=/x" }), [
    slow,
    "Vulkan is installed, and still no Vulkan driver opens: VK_DRIVER_FILES=/x is set.",
  ]);
  assert.deepEqual(advice({ found, line: apt, root: true, only: "gl" }), [
    slow,
    "DENO_WEBGPU_BACKEND=gl is set: unset it to let Deno choose a backend.",
  ]);
  assert.deepEqual(advice({ line: apt, root: false }), [
    "Cannot find a WebGPU adapter.",
    driverAdvice(apt),
  ]);
});

/** True where Vulkan can be hidden from Deno; a DENO_WEBGPU_BACKEND of the user's own would reach every run below. */
const hides = Deno.build.os === "linux" && Deno.env.get("DENO_WEBGPU_BACKEND") === undefined;
/** The adapter that is left where Vulkan is hidden. */
const gl = hides ? await findAdapter("gl") : undefined;
const hidden = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
const installs = root && lineHere === apt;

/** Runs the set-up with an apt-get that notes its arguments and runs `script`; returns the notes too. */
async function runWithApt(
  script: string,
  env: Record<string, string>,
): Promise<Outcome & { calls: string[] }> {
  return await inFolder(async (folder) => {
    const notes = join(folder, "calls");
    await Deno.writeTextFile(notes, "");
    const text = `#!/bin/sh\necho "$*" >> "${notes}"\n${script}\n`;
    await Deno.writeTextFile(join(folder, "apt-get"), text, { mode: 0o755 });
    const path = `${folder}:${Deno.env.get("PATH")}`;
    const values = Object.entries(env).map(([name, value]) => [name, value.replace("FOLDER", folder)]);
    const outcome = await runDeno(setup, {
      env: { FOLDER: folder, ...Object.fromEntries(values), PATH: path },
    });
    const calls = (await Deno.readTextFile(notes)).split("\n").slice(0, -1);
    return { ...outcome, calls: calls.map((call) => call.replace("-q -o DPkg::Lock::Timeout=60 ", "")) };
  });
}

Deno.test({
  name:
    "software GL without Vulkan: the install is tried where it may be, the rest is a warning (software GL)",
  ignore: !gl?.softwareGl,
  async fn() {
    const { code, stdout, stderr, calls } = await runWithApt("exit 0", hidden);
    assert.equal(code, 0);
    assert.equal(stdout.trimEnd().split("\n").at(-1), `WebGPU: ${gl!.name}, backend gl`);
    assert.match(stderr, /almost 6 times slower/);
    if (installs) {
      assert.deepEqual(calls, ["install -y mesa-vulkan-drivers libvulkan1"]);
      assert.match(stdout, /^Running apt-get install -y mesa-vulkan-drivers libvulkan1$/m);
      assert.match(stderr, /no Vulkan driver opens: VK_DRIVER_FILES=\/nonexistent is set/);
    } else {
      assert.deepEqual(calls, []);
      assert.ok(stderr.includes(driverAdvice(lineHere)), stderr);
    }
  },
});

Deno.test({
  name: "DENO_WEBGPU_BACKEND=gl, set by the user, is a warning and installs nothing (software GL)",
  ignore: !gl?.softwareGl,
  async fn() {
    const { code, stdout, stderr, calls } = await runWithApt("exit 0", {
      ...hidden,
      DENO_WEBGPU_BACKEND: "gl",
    });
    assert.equal(code, 0);
    assert.equal(stdout, `WebGPU: ${gl!.name}, backend gl\n`);
    assert.match(stderr, /almost 6 times slower[\s\S]*DENO_WEBGPU_BACKEND=gl is set: unset it/);
    assert.deepEqual(calls, []);
  },
});

Deno.test({
  name:
    "an install that fails is tried again with new package lists, shown, and a warning (root, Debian, software GL)",
  ignore: !gl?.softwareGl || !installs,
  async fn() {
    const { code, stdout, stderr, calls } = await runWithApt("echo no such package; exit 100", hidden);
    assert.equal(code, 0);
    const line = "install -y mesa-vulkan-drivers libvulkan1";
    assert.deepEqual(calls, [line, "update", line]);
    assert.equal(stdout.trimEnd().split("\n").at(-1), `WebGPU: ${gl!.name}, backend gl`);
    assert.match(stderr, /no such package\napt-get ended with exit code 100/);
    assert.ok(
      stderr.endsWith(`The install failed; its output stands above.\n${driverAdvice(apt)}\n`),
      stderr,
    );
  },
});

Deno.test({
  name: "without any adapter the install is tried, then the set-up fails (root, Debian)",
  ignore: !hides || !installs,
  async fn() {
    const env = { ...hidden, __EGL_VENDOR_LIBRARY_FILENAMES: "/nonexistent" };
    const { code, stdout, stderr, calls } = await runWithApt("exit 0", env);
    assert.equal(code, 1);
    assert.deepEqual(calls, ["install -y mesa-vulkan-drivers libvulkan1"]);
    assert.equal(stdout.trimEnd().split("\n").at(-1), "No WebGPU adapter was found on this machine.");
    assert.match(stderr, /^Cannot find a WebGPU adapter\.$/m);
  },
});

const manifests = "/usr/share/vulkan/icd.d";

/** The file by which the Vulkan loader finds Mesa's software driver. */
async function softwareManifest(): Promise<string | undefined> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(manifests));
    const name = entries.find((entry) => entry.name.startsWith("lvp_icd"))?.name;
    return name && join(manifests, name);
  } catch {
    return undefined;
  }
}

const manifest = await softwareManifest();

Deno.test({
  name: "an install that brings Vulkan is found (root, Debian, software GL, lavapipe)",
  ignore: !gl?.softwareGl || !installs || !manifest,
  async fn() {
    const { code, stdout, stderr } = await runWithApt(`cp "${manifest}" "$FOLDER/icd.json"`, {
      VK_DRIVER_FILES: "FOLDER/icd.json",
    });
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.deepEqual(
      stdout.trimEnd().split("\n").map((line) => line.replace(/llvmpipe[^,]*(,.*\))?/, "NAME")),
      [
        "WebGPU: NAME, backend gl",
        "Vulkan is missing: the set-up installs it.",
        "Running apt-get install -y mesa-vulkan-drivers libvulkan1",
        "WebGPU: NAME, backend vulkan",
      ],
    );
  },
});

Deno.test({
  name: "openDevice warns once, in the words of the set-up (software GL)",
  ignore: !gl?.softwareGl,
  async fn() {
    const module = new URL("../../src/gpu/device.ts", import.meta.url).href;
    const script = `import { openDevice } from ${JSON.stringify(module)};
      for (let i = 0; i < 3; i++) (await openDevice()).close();`;
    const open = (permissions: string[]): Promise<Outcome> =>
      runDeno(["run", "--no-prompt", ...permissions, "--ext=ts", "-"], { stdin: script, env: hidden });
    const { code, stderr } = await open(["-A"]);
    assert.equal(code, 0, stderr);
    const words = `${slowAdapter(gl!.name)}.\n${driverAdvice(lineHere)}\n`;
    assert.equal(stderr.split("software adapter on OpenGL").length, 2, stderr);
    assert.ok(stderr.includes(words), stderr);
    assert.equal(`${advice({ found: gl, line: lineHere, root: false }).join("\n")}\n`, words);
    const bare = await open([]);
    assert.equal(bare.code, 0, bare.stderr);
    assert.ok(bare.stderr.includes(`${slowAdapter(gl!.name)}.\n${driverAdvice(undefined)}\n`), bare.stderr);
  },
});
