"""Reduce complete golden merges to the embedding, the norms, the head and the first and last layer.

    python trim_goldens.py NAME...      # in this folder; rewrites NAME/golden.safetensors and index.json

The tensors that stay keep their bytes. Needs only the standard library.
"""
import json
import re
import struct
import sys
from pathlib import Path

here = Path(__file__).parent
index = json.loads((here / "index.json").read_text())
for name in sys.argv[1:]:
    path = here / name / "golden.safetensors"
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8 : 8 + size]), raw[8 + size :]
    last = index[name]["layers"] - 1
    kept, body = {"__metadata__": header.get("__metadata__", {"format": "pt"})}, b""
    for tensor in sorted(k for k in header if k != "__metadata__"):
        layer = re.search(r"\.layers\.(\d+)\.", tensor)
        if layer and int(layer[1]) not in (0, last) and "layernorm" not in tensor:
            continue
        begin, end = header[tensor]["data_offsets"]
        kept[tensor] = {**header[tensor], "data_offsets": [len(body), len(body) + end - begin]}
        body += data[begin:end]
    text = json.dumps(kept, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    index[name]["complete"] = False
(here / "index.json").write_text(json.dumps(index, indent=1) + "\n")
