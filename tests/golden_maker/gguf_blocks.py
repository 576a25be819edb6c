"""Random blocks of GGUF's packings and what PyPI gguf (0.19) unpacks them to; Q8_0 of random numbers as it packs them.

The package does not unpack Q8_K, whose rule is scale times int8 in float32.

    python3 gguf_blocks.py > ../golden/gguf/blocks.json
"""
import json

import numpy as np
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

random = np.random.default_rng(11)
# Bytes of a block, and where its f16 scales stand: they must be ordinary numbers.
LAYOUTS = {
    "Q4_0": (18, [0]), "Q8_0": (34, [0]), "Q4_K": (144, [0, 2]), "Q6_K": (210, [208]), "Q4_1": (20, [0, 2]),
    "Q5_0": (22, [0]), "Q5_1": (24, [0, 2]), "Q2_K": (84, [80, 82]), "Q3_K": (110, [108]), "Q5_K": (176, [0, 2]),
}
result = {}
for name, (size, scales) in LAYOUTS.items():
    raw = random.integers(0, 256, (2, size), dtype=np.uint8)
    for block in raw:
        for at in scales:
            block[at:at + 2] = np.frombuffer(np.float16(random.normal() * 0.01).tobytes(), dtype=np.uint8)
    result[name] = {"hex": raw.tobytes().hex(), "floats": dequantize(raw, T[name]).astype(np.float32).flatten().tolist()}
raw = random.integers(0, 256, 292, dtype=np.uint8)
raw[:4] = np.frombuffer(np.float32(random.normal() * 0.01).tobytes(), dtype=np.uint8)
floats = raw[:4].view(np.float32) * raw[4:260].view(np.int8).astype(np.float32)
result["Q8_K"] = {"hex": raw.tobytes().hex(), "floats": floats.tolist()}
numbers = np.concatenate([random.normal(size=64), np.zeros(32)]).astype(np.float32)
result["packed"] = {"floats": numbers.tolist(), "hex": quantize(numbers, T.Q8_0).tobytes().hex()}
print(json.dumps(result))
