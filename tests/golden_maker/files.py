"""The two file formats: safetensors (our own reader and writer) and JSON with one line per list of plain values."""
import json
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32, "U8": torch.uint8}


@dataclass
class Tensors:
    """The content of a safetensors file, in file order; floating-point tensors of any width are stored as F32."""

    tensors: dict[str, torch.Tensor]
    metadata: dict[str, str] = field(default_factory=lambda: {"format": "pt"})

    def encode(self) -> bytes:
        header, data = {"__metadata__": self.metadata}, bytearray()
        for name, tensor in self.tensors.items():
            tensor = tensor.detach()
            tensor = tensor.float() if tensor.is_floating_point() else tensor.to(torch.int32)
            start = len(data)
            data += tensor.contiguous().numpy().tobytes()
            kind = "F32" if tensor.is_floating_point() else "I32"
            header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, len(data)]}
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text + data


def decode(raw: bytes) -> Tensors:
    """The inverse of `Tensors.encode`."""
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    metadata, tensors = header.pop("__metadata__", {}), {}
    for name, entry in header.items():
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        data = torch.frombuffer(bytearray(raw[start:end]), dtype=TYPES[entry["dtype"]])
        tensors[name] = data.reshape(entry["shape"])
    return Tensors(tensors, metadata)


def rounded(value: float, digits: int) -> float:
    """`value` with so many significant digits."""
    return float(f"{value:.{digits}g}")


def json_text(value: object) -> str:
    """JSON indented by one space, with every list of plain values on one line."""
    strings_or_lists = r'"(?:[^"\\]|\\.)*"|\[[^][{}"]*\]'
    flatten = lambda found: found[0] if found[0][0] == '"' else re.sub(r"\s+", "", found[0])
    return re.sub(strings_or_lists, flatten, json.dumps(value, indent=1))


def read(path: Path) -> object:
    """A `Tensors` for a .safetensors file, otherwise the parsed JSON."""
    raw = path.read_bytes()
    return decode(raw) if path.suffix == ".safetensors" else json.loads(raw)


def write(path: Path, content: object) -> None:
    """The inverse of `read`; makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, Tensors) else json_text(content).encode())
