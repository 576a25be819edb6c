import assert from "node:assert/strict";
import { installLine, isSoftware, isSoftwareGl } from "../../../src/gpu/adapters/software_adapter.ts";

Deno.test("software adapters are known by their names or by the adapter's own word", () => {
  const software = [
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "softpipe",
    "swrast",
    "Software Rasterizer",
    "SWR (LLVM 10.0.0, 256 bits)",
    "Mesa OffScreen",
    "zink Vulkan 1.3(llvmpipe (LLVM 17.0.6, 256 bits) (MESA_LLVMPIPE))",
    "virgl (LLVMPIPE (LLVM 15.0.6, 256 bits))",
    "SwiftShader Device (LLVM 10.0.0)",
    "Microsoft Basic Render Driver",
    "GDI Generic",
    "Apple Software Renderer",
  ];
  for (const description of software) {
    assert.equal(isSoftware({ description }), true, description);
  }
  assert.equal(isSoftware({ description: "unheard of", isFallbackAdapter: true }), true);
  assert.equal(isSoftware({ vendor: "65541", device: "softpipe" }), true);
});

Deno.test("GPUs are not taken for software", () => {
  const gpus = [
    "NVIDIA GeForce RTX 4090",
    "AMD Radeon RX 7900 XTX (RADV NAVI31)",
    "AMD Radeon Graphics (radeonsi, renoir, LLVM 15.0.6, DRM 3.49, 6.1.0-18-amd64)",
    "Mesa Intel(R) UHD Graphics 620 (KBL GT2)",
    "SVGA3D; build: RELEASE;  LLVM;",
    "virgl (AMD Radeon RX 6600 (radeonsi))",
    "D3D12 (NVIDIA GeForce RTX 3060)",
    "Mali-G78",
    "V3D 4.2",
    "Apple M2",
  ];
  for (const description of gpus) {
    assert.equal(isSoftware({ description, vendor: "65541", device: "0" }), false, description);
  }
  assert.equal(isSoftware({}), false);
});

Deno.test("OpenGL is known by the subgroup bounds, and matters for software only", () => {
  const gl = { subgroupMinSize: 4, subgroupMaxSize: 128 };
  assert.equal(isSoftwareGl({ description: "llvmpipe (LLVM 15.0.6, 256 bits)", ...gl }), true);
  assert.equal(isSoftwareGl({ description: "softpipe", ...gl }), true);
  assert.equal(isSoftwareGl({ description: "Mali-G78", ...gl }), false);
  for (const lanes of [4, 8, 16]) {
    const vulkan = { subgroupMinSize: lanes, subgroupMaxSize: lanes };
    assert.equal(isSoftwareGl({ description: "llvmpipe (LLVM 15.0.6, 256 bits)", ...vulkan }), false);
  }
});

Deno.test("each family of systems gets its own install line", () => {
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
