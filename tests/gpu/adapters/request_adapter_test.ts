// The backend of the first adapter: Vulkan alone where it is there for certain, else what Deno chooses.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { hasVulkan } from "../../../src/gpu/adapters/request_adapter.ts";
import { runDeno } from "../../repo/tree.ts";
import { inFolder } from "../../support/folder.ts";
import { needs } from "../../support/needs.ts";

/** Makes a root folder that holds empty files. */
async function withFiles(files: readonly string[], check: (root: string) => void): Promise<void> {
  await inFolder(async (root) => {
    for (const file of files) {
      await Deno.mkdir(join(root, dirname(file)), { recursive: true });
      await Deno.writeTextFile(join(root, file), "");
    }
    check(root);
  });
}

const loader = "usr/lib/x86_64-linux-gnu/libvulkan.so.1";
const lavapipe = "usr/share/vulkan/icd.d/lvp_icd.x86_64.json";
const nvidia = "etc/vulkan/icd.d/nvidia_icd.json";
const cases: [files: string[], sure: boolean][] = [
  [[], false],
  [[loader, lavapipe], true],
  [["usr/lib64/libvulkan.so.1", "etc/vulkan/icd.d/lvp_icd.json"], true],
  [[lavapipe], false],
  [[loader], false],
  [[loader, nvidia], false],
  [[loader, nvidia, "dev/nvidiactl"], true],
  [[loader, "usr/share/vulkan/icd.d/radeon_icd.x86_64.json"], false],
];

Deno.test("Vulkan is certain with its loader and a driver that always opens", async () => {
  for (const [files, sure] of cases) {
    await withFiles(files, (root) => assert.equal(hasVulkan(root), sure, files.join(" ")));
  }
});

const sure = needs(Deno.build.os === "linux" && hasVulkan(), "no driver of Vulkan that always opens");

const script = `import { openDevice } from "${new URL("../../../src/gpu/mod.ts", import.meta.url)}";
(await openDevice()).close();
const libraries = await Deno.readTextFile("/proc/self/maps");
console.log(libraries.includes("libEGL"), Deno.env.get("DENO_WEBGPU_BACKEND"));`;

Deno.test({
  name: `a device on Vulkan opens no OpenGL, and the variable is unset afterwards${sure.reason}`,
  ignore: sure.ignore,
  async fn() {
    const { stdout, stderr } = await runDeno(["eval", script]);
    assert.equal(stdout, "false undefined\n", stderr);
  },
});
