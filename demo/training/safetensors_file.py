"""Writes safetensors files: the header's length, the header as JSON, the tensors back to back.

The format: https://huggingface.co/docs/safetensors
"""

import json
import os
from pathlib import Path

import numpy as np

DTYPE_NAMES = {np.dtype("<f2"): "F16", np.dtype("<f4"): "F32"}


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> None:
    """Writes `tensors` in their order, row-major, with the optional `__metadata__`."""
    header: dict[str, object] = {} if metadata is None else {"__metadata__": metadata}
    data = bytearray()
    for name, tensor in tensors.items():
        start = len(data)
        data += tensor.tobytes()
        header[name] = {
            "dtype": DTYPE_NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, len(data)],
        }
    header_bytes = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    # Spaces are legal JSON; with them the tensors start on a multiple of 8 bytes.
    header_bytes += b" " * (-len(header_bytes) % 8)
    write_whole(path, len(header_bytes).to_bytes(8, "little") + header_bytes + data)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that a reader, or an interruption, never sees half of it."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)
