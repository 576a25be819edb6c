import assert from "node:assert/strict";
import { installLine } from "../../.ci/setup.ts";
import { runDeno } from "./tree.ts";

const setup = ["run", "-A", ".ci/setup.ts"];

Deno.test("setup names the adapter and its backend", async () => {
  const { code, stdout } = await runDeno(setup);
  assert.match(stdout, /^WebGPU: .+, backend (vulkan|metal|dx12|gl)$/m);
  assert.equal(code, 0);
});

Deno.test("setup without an adapter says so, what to do, and fails", async () => {
  const { code, stdout, stderr } = await runDeno(setup, { env: { DENO_WEBGPU_BACKEND: "none" } });
  assert.match(stdout, /No WebGPU adapter was found/);
  assert.match(stderr, /DENO_WEBGPU_BACKEND=none is set: unset it/);
  assert.equal(code, 1);
});

Deno.test("each family of systems gets its own line", () => {
  const line = (release: string): string | undefined => installLine(release)?.split(" ")[0];
  assert.equal(line(`PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nID=debian\n`), "apt-get");
  assert.equal(line(`ID=ubuntu\nID_LIKE=debian\n`), "apt-get");
  assert.equal(line(`ID=linuxmint\nID_LIKE="ubuntu debian"\n`), "apt-get");
  assert.equal(line(`ID="rocky"\nID_LIKE="rhel centos fedora"\n`), "dnf");
  assert.equal(line(`ID=arch\n`), "pacman");
  assert.equal(line(`ID=alpine\n`), "apk");
  assert.equal(line(`ID="opensuse-leap"\nID_LIKE="suse opensuse"\n`), "zypper");
  assert.equal(line(`ID=plan9\n`), undefined);
  assert.equal(line(""), undefined);
});
