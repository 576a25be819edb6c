// Statistics and instructions are read out of the driver's output as Mesa 22.3 writes it.
import assert from "node:assert/strict";
import { endMarker, markerOf, multiplyAddShares, readShaderStats } from "./shader_stats.ts";

const assembly = `BB0:
	s_mov_b64 s[0:1], exec                                      ; be80047e
	v_mov_b32_e32 v0, 0                                         ; 7e000280
	v_mov_b32_e32 v1, 0                                         ; 7e020280
	s_cbranch_execz BB4                                         ; bf88006c
BB1:
	v_fma_f32 v9, v0, v1, v2                                    ; 7e020280
	v_mad_u32_u24 v9, v0, v1, v2                                ; 7e020280
	s_cbranch_scc1 BB1                                          ; bf88006c
BB2:
	v_fmac_f32_e32 v2, v0, v1                                   ; 56040300
	v_dual_fmac_f32 v3, v0, v1 :: v_dual_mul_f32 v4, v0, v1     ; c8040300
	v_fma_mix_f32 v5, v0, v1, v5 op_sel_hi:[1,1,0]              ; cc200005
	ds_read_b128 v[0:3], v7                                     ; d9fe0000
	s_cbranch_scc0 BB2                                          ; bf88006c
BB4:
	s_endpgm                                                    ; bf810000
`;

const output = `noise of another pipeline
disasm:
VGPRs: 1
${markerOf("matmul 64x64")}
shader: MESA_SHADER_COMPUTE

Compute Shader
disasm:
${assembly}

Compute Shader:
*** SHADER STATS ***
SGPRs: 128
VGPRs: 56
Spilled SGPRs: 1
Spilled VGPRs: 2
Code size: 204
LDS size: 9216
Scratch size: 1024
Subgroups per SIMD: 18
Instructions: 866
Pre-Sched VGPRs: 4
********************
${endMarker}
more noise
VGPRs: 3
`;

Deno.test("the driver's output gives a kernel's registers, memory, waves and instructions", () => {
  const [kernel, ...others] = readShaderStats(output);
  assert.deepEqual(others, []);
  assert.equal(kernel.name, "matmul 64x64");
  assert.deepEqual(kernel.stats, {
    registers: 56,
    spilled: 3,
    scratch: 1024,
    workgroupMemory: 9216,
    waves: 18,
    instructions: 866,
  });
  assert.equal(`${kernel.assembly}\n`, assembly);
});

Deno.test("output without statistics is an error that names the kernel", () => {
  assert.throws(() => readShaderStats(`${markerOf("sum")}\n${endMarker}\n`), /for sum has no line "VGPRs"/);
});

Deno.test("multiply-adds are those of floats; dual instructions count twice; the busy loop is found", () => {
  assert.deepEqual(multiplyAddShares(assembly), { all: 4 / 8, loop: 3 / 4 });
  assert.deepEqual(multiplyAddShares("\tv_mov_b32_e32 v0, 0\n\tv_mac_f32_e32 v0, v1, v2\n"), { all: 1 / 2 });
  assert.deepEqual(multiplyAddShares(""), { all: 0 });
});
