// A process that ends with work in flight ends well: the driver's threads do not outlive its libraries.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const gpu = new URL("../../src/gpu/mod.ts", import.meta.url).href;
const ops = new URL("../../src/ops/mod.ts", import.meta.url).href;

const program = (end: string) => `
import { openDevice, Recorder } from "${gpu}";
import { matmul } from "${ops}";
const device = await openDevice();
const r = new Recorder(device, "all", false);
const y = r.tensor("y", [64, 64]);
matmul(r, "nn", r.tensor("a", [64, 64]), r.tensor("b", [64, 64]), y);
(await r.compile("in flight", [y])).replay();
${end}
`;

for (const end of ["", "Deno.exit(0);", "device.close();"]) {
  Deno.test(`a process with work in flight ends well: ${end || "at its end"}`, async () => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", program(end)],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      env: { MESA_SHADER_CACHE_DISABLE: "true" }, // the driver compiles for a while
      stdout: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
}
