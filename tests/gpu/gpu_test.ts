// The compute core: account of memory, typed errors, memory by lifetime, programs.
import assert from "node:assert/strict";
import { ConfigError, DeviceError } from "../../src/base/errors.ts";
import {
  type BufferRange,
  defaultDevice,
  type DeviceOptions,
  kernel,
  openDevice,
  Recorder,
} from "../../src/gpu/mod.ts";
import { packParams } from "../../src/gpu/kernel.ts";
import { plan } from "../../src/gpu/memory.ts";
import { driverAdvice, installLineHere } from "../../src/gpu/adapters/software_adapter.ts";
import { upload } from "../../src/ops/mod.ts";
import { testDevice } from "../support/device.ts";

const double = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Params { size: u32, factor: f32 }
@group(0) @binding(2) var<uniform> p: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) { if (g.x < p.size) { y[g.x] = p.factor * x[g.x]; } }`;

Deno.test("every buffer has an owner, and freeing returns to the start", async () => {
  const device = await openDevice();
  const before = device.memory().bytes;
  const buffer = device.buffer("test: a", 1000);
  assert.deepEqual(device.memory().buffers.at(-1), { owner: "test: a", bytes: 1024 });
  device.free(buffer);
  device.free(buffer); // a second call has no effect
  assert.equal(device.memory().bytes, before);
  assert.equal(device.memory().peak, before + 1024);
  device.close();
  assert.throws(() => device.check(), DeviceError);
});

Deno.test("the memory limit is refused with what to lower, and nothing is allocated", async () => {
  const device = await openDevice({ memoryLimit: 4096 });
  device.buffer("small", 2048);
  assert.throws(() => device.buffer("large", 4096), (error: DeviceError) => {
    assert.equal(error.limit, "memoryLimit");
    assert.equal(error.have, 4096);
    assert.match(error.message, /Free what is not needed, or open the device with a larger memoryLimit/);
    return true;
  });
  assert.equal(device.memory().bytes, 2048);
  device.close();
  await assert.rejects(openDevice({ memoryLimit: -1 }), ConfigError);
});

Deno.test("the adapter decides the family, unless one is forced; plain leaves every feature unused", async () => {
  const open = async (options: DeviceOptions) => {
    const device = await openDevice(options);
    const { family, subgroup, int64, timestamps, software } = device;
    device.close();
    return { family, subgroup, int64, timestamps, software };
  };
  const { software, subgroup, family } = await open({});
  assert.equal(family, software ? (subgroup > 0 ? "subgroup" : "plain") : "shared");
  const bare = { family: "plain", subgroup: 0, int64: false, timestamps: false, software };
  assert.deepEqual(await open({ family: "plain" }), bare);
  assert.equal((await open({ family: "shared" })).family, "shared");
  const without = ["subgroups", "int64", "timestamps"] as const;
  assert.deepEqual(await open({ without }), { ...bare, family: software ? "plain" : "shared" });
  await assert.rejects(open({ family: "subgroup", without: ["subgroups"] }), (error: ConfigError) => {
    assert.match(error.message, /family "subgroup": it needs subgroups of 4, 8 or 16 lanes/);
    return true;
  });
  await assert.rejects(open({ family: "fast" as "subgroup" }), /openDevice\.family.*current value is "fast"/);
  await assert.rejects(open({ memorylimit: 1 } as DeviceOptions), /did you mean "memoryLimit"/);
});

Deno.test("the limits of a device can be lowered, never raised", async () => {
  const low = await openDevice({ maxBufferSize: 2 ** 20, maxBindingSize: 2 ** 18 });
  try {
    assert.equal(low.limits.maxBufferSize, 2 ** 20);
    assert.equal(low.limits.maxStorageBufferBindingSize, 2 ** 18);
    low.buffer("fits", 2 ** 20);
    assert.throws(
      () => low.buffer("does not fit", 2 ** 20 + 1),
      /"does not fit": maxBufferSize is 1048576 bytes/,
    );
  } finally {
    low.close();
  }
  const high = await openDevice({ maxBufferSize: 2 ** 50, maxBindingSize: 2 ** 50 });
  const { limits, gpu } = high;
  high.close();
  assert.equal(limits.maxBufferSize, Math.min(gpu.limits.maxBufferSize, 2 ** 31 - 1));
  assert.equal(limits.maxStorageBufferBindingSize, gpu.limits.maxStorageBufferBindingSize);
  await assert.rejects(openDevice({ maxBindingSize: 4 }), /expected at least 65,536 bytes/);
});

Deno.test("a feature that the adapter refuses is dropped, and the others are kept", async () => {
  const gpu = navigator.gpu;
  const request = gpu.requestAdapter.bind(gpu);
  const fast = await testDevice();
  gpu.requestAdapter = async (options) => {
    const adapter = (await request(options))!;
    const requestDevice = (wanted: GPUDeviceDescriptor) =>
      [...wanted.requiredFeatures ?? []].some((name) => `${name}` === "wgpu-shader-int64")
        ? Promise.reject(new TypeError("no such feature"))
        : adapter.requestDevice(wanted);
    return { limits: adapter.limits, info: adapter.info, requestDevice } as GPUAdapter;
  };
  try {
    const device = await openDevice();
    const { int64, subgroup, timestamps } = device;
    device.close();
    assert.deepEqual({ int64, subgroup, timestamps }, {
      int64: false,
      subgroup: fast.subgroup,
      timestamps: fast.timestamps,
    });
  } finally {
    delete (gpu as Partial<GPU>).requestAdapter;
  }
});

Deno.test("bad WGSL is a DeviceError with the kernel's name and line", async () => {
  const device = await testDevice();
  const r = new Recorder(device);
  const x = upload(device, "x", { shape: [4], data: new Float32Array(4) });
  const y = r.tensor("y", [4]);
  const broken = kernel("broken", double.replace("p.factor * x[g.x]", "p.factor * nothing[g.x]"));
  r.call(broken, { x, y }, { size: 4, factor: 2 }, [1]);
  await assert.rejects(r.compile("test"), (error: DeviceError) => {
    assert.equal(error.kernel, "broken");
    assert.equal(error.line, 6);
    assert.match(error.message, /nothing/);
    return true;
  });
  device.free(x.range().buffer);
});

Deno.test("a validation error of the GPU is thrown at the next call, not swallowed", async () => {
  const device = await openDevice();
  const small = device.buffer("small", 256);
  const encoder = device.gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(small, 0, small, 0, 1 << 20);
  device.gpu.queue.submit([encoder.finish()]);
  await assert.rejects(device.read([{ buffer: small, offset: 0, bytes: 4 }]), DeviceError);
  device.close();
});

Deno.test("calls name bindings and parameters; a slip is an error with the name", async () => {
  const made = kernel("double", double);
  const device = await testDevice();
  assert.deepEqual(made.bindings, [{ name: "x", writes: false }, { name: "y", writes: true }]);
  assert.throws(() => packParams(made, { size: 4 }), /factor is missing/);
  assert.throws(() => packParams(made, { size: 4, factor: 1, extra: 2 }), /no parameter extra/);
  const r = new Recorder(device);
  r.call(made, { x: r.tensor("x", [4]) }, { size: 4, factor: 2 }, [1]);
  await assert.rejects(r.compile("test"), /no tensor for binding y/);
});

Deno.test("a program replays: the same memory, new input", async () => {
  const device = await testDevice();
  const before = device.memory().bytes;
  const x = upload(device, "x", { shape: [5], data: Float32Array.of(1, 2, 3, 4, 5) });
  const r = new Recorder(device);
  const y = r.tensor("y", [5]);
  const z = r.tensor("z", [5]);
  r.call(kernel("double", double), { x, y }, { size: 5, factor: 2 }, [1]);
  r.call(kernel("double", double), { x: y, y: z }, { size: 5, factor: 10 }, [1]);
  const program = await r.compile("test", [z]);
  const read = async () => [...new Float32Array((await device.read([z.range()]))[0])];
  program.replay();
  assert.deepEqual(await read(), [20, 40, 60, 80, 100]);
  device.write(x.range().buffer, Float32Array.of(0, 0, 0, 0, 1));
  program.replay();
  assert.deepEqual(await read(), [0, 0, 0, 0, 20]);
  assert.match(program.toString(), /test: 2 calls.*\n.*\nmodel, calls 0 to 1 .*\n.*double.*x\[5\] \*y\[5\]/);
  program.dispose();
  assert.throws(() => program.replay(), DeviceError);
  device.free(x.range().buffer);
  assert.equal(device.memory().bytes, before);
});

Deno.test("tensors share memory only when one is dead before the other is born", () => {
  const storage = (name: string, bytes = 1024): BufferRange => ({ name, bytes, offset: 0 });
  const [a, b, c, d, kept] = ["a", "b", "c", "d", "kept"].map((name) => storage(name));
  const blocks = new Map<BufferRange, { size: number }>();
  const calls = [[a, b], [b, c], [c, kept], [kept, d]];
  const result = plan(calls, new Set([kept]), (size) => ({ size }), (s, block) => blocks.set(s, block));
  calls.forEach((uses) =>
    assert.equal(new Set(uses.map((s) => blocks.get(s))).size, uses.length, "two tensors of a call share")
  );
  assert.equal(blocks.get(a), blocks.get(c), "c takes over from a");
  assert.notEqual(blocks.get(kept), blocks.get(d), "what is kept is never taken over");
  assert.equal(result.unshared, 5 * 1024);
  assert.ok(result.bytes < result.unshared);
});

Deno.test("without an adapter the error names what to install", async () => {
  const script = `import { openDevice } from "${new URL("../../src/gpu/mod.ts", import.meta.url)}";
try { await openDevice(); console.log("opened"); } catch (error) { console.log(error.name, error.message); }`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    env: { DENO_WEBGPU_BACKEND: "none" },
    stdout: "piped",
    stderr: "null",
  });
  const said = new TextDecoder().decode((await child.output()).stdout);
  assert.ok(
    said.startsWith(`DeviceError Cannot find a WebGPU adapter. ${driverAdvice(await installLineHere())}`),
    said,
  );
});

Deno.test("without WebGPU the error names the runtime that has it", async () => {
  const script = `import { openDevice } from "${new URL("../../src/gpu/mod.ts", import.meta.url)}";
Object.defineProperty(navigator, "gpu", { value: undefined });
try { await openDevice(); console.log("opened"); } catch (error) { console.log(error.name, error.message); }`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    stdout: "piped",
    stderr: "null",
  });
  const said = new TextDecoder().decode((await child.output()).stdout);
  assert.match(said, /^DeviceError Cannot open a GPU: this runtime has no WebGPU\. .*`deno run -A`/);
});

Deno.test("the shared device is opened anew after it was lost", async () => {
  const first = await defaultDevice();
  assert.equal(await defaultDevice(), first);
  first.gpu.destroy();
  await first.gpu.lost;
  const second = await defaultDevice();
  assert.notEqual(second, first);
  second.check();
  second.close();
});
