"""Random blocks of GGUF's packings and what PyPI gguf (0.19) unpacks them to; Q8_0 of random numbers as it packs them.

    python3 gguf_blocks.py > ../golden/gguf/blocks.json
"""
import json

import numpy as np
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

random = np.random.default_rng(11)
# Bytes of a block, and where its f16 scales stand: they must be ordinary numbers.
LAYOUTS = {"Q4_0": (18, [0]), "Q8_0": (34, [0]), "Q4_K": (144, [0, 2]), "Q6_K": (210, [208])}
result = {}
for name, (size, scales) in LAYOUTS.items():
    raw = random.integers(0, 256, (2, size), dtype=np.uint8)
    for block in raw:
        for at in scales:
            block[at:at + 2] = np.frombuffer(np.float16(random.normal() * 0.01).tobytes(), dtype=np.uint8)
    result[name] = {"hex": raw.tobytes().hex(), "floats": dequantize(raw, T[name]).astype(np.float32).flatten().tolist()}
numbers = np.concatenate([random.normal(size=64), np.zeros(32)]).astype(np.float32)
result["packed"] = {"floats": numbers.tolist(), "hex": quantize(numbers, T.Q8_0).tobytes().hex()}
print(json.dumps(result))
