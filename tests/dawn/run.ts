/**
 * Runs the goldens of ops and models on Google's Dawn, the WebGPU of Chrome, whose compiler Tint is a second judge of the
 * kernels: `deno task test:dawn`.
 *
 * The npm package `webgpu` is looked for in the folder that `LLAMERO_DAWN` names, else in `dawn` of the cache folder.
 * Mesa 22.3's lavapipe lacks a feature that Dawn asks for, so SwiftShader of Debian's package `chromium` stands in for it
 * unless `VK_DRIVER_FILES` names a driver.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheHome } from "../../src/base/cache.ts";

/** The version that the goldens were run on. */
const version = "0.6.2";

const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const goldens = [
  "tests/ops/ops_golden_test.ts",
  "tests/model/model_golden_test.ts",
  "tests/model/model_parts_golden_test.ts",
];

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const folder = Deno.env.get("LLAMERO_DAWN") ?? join(cacheHome(), "dawn");
const installed = await readText(join(folder, "node_modules", "webgpu", "package.json"));
if (installed === undefined || JSON.parse(installed).version !== version) {
  console.log(
    `Ignored: Dawn ${version} is not installed in ${folder}. ` +
      `Install it (132 MB) with: npm install --prefix ${folder} webgpu@${version}`,
  );
  Deno.exit(0);
}
const driver = Deno.env.get("VK_DRIVER_FILES") ?? (await readText(swiftShader) && swiftShader);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-A",
    "--env-file=.ci/headless.env",
    "--preload",
    "tests/dawn/preload.ts",
    ...Deno.args.length ? Deno.args : goldens,
  ],
  cwd: fileURLToPath(new URL("../../", import.meta.url)),
  env: { LLAMERO_DAWN: folder, ...driver && { VK_DRIVER_FILES: driver } },
}).spawn().status;
Deno.exit(code);
