"""Makes broken/: safetensors files with one fault each; the file's name is the fault.

python3 make_broken.py    (standard library only; writes beside itself)
"""

import json
import pathlib
import struct

here = pathlib.Path(__file__).parent
good = {
    "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
    "b": {"dtype": "BF16", "shape": [4], "data_offsets": [16, 24]},
}


def text(**changes):
    """The good header with fields of tensor b changed; None removes a field."""
    header = json.loads(json.dumps(good))
    for key, value in changes.items():
        if value is None:
            del header["b"][key]
        else:
            header["b"][key] = value
    return json.dumps(header)


def file(header, data=bytes(range(24)), length=None):
    raw = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


plain = text()
broken = {
    "empty-file": b"",
    "length-field-cut-short": file(plain)[:5],
    "header-cut-short": file(plain)[:60],
    "header-length-past-the-end": file(plain, length=len(plain) + 25),
    "header-length-huge": file(plain, length=2**64 - 1),
    "header-length-over-the-cap": file(plain, length=100_000_001),
    "header-length-too-small": file(plain, length=len(plain) - 1),
    "header-empty": file("", length=0),
    "header-not-json": file('{"a": nope}'),
    "header-not-an-object": file("[1, 2]"),
    "header-not-utf8": file(b'{"\xff\xfe": 1}'),
    "header-followed-by-text": file(plain + " x"),
    "header-nested-deeply": file('{"a": ' + "[" * 200 + "]" * 200 + "}"),
    "tensor-twice": file('{"a": %s, "a": %s}' % (json.dumps(good["a"]), json.dumps(good["b"]))),
    "tensor-not-an-object": file('{"a": 7}'),
    "field-twice": file('{"b": {"dtype": "F32", "dtype": "BF16", "shape": [], "data_offsets": [0, 2]}}'),
    "field-unknown": file(text(strides=[1])),
    "dtype-missing": file(text(dtype=None)),
    "dtype-unknown": file(text(dtype="Q4_K")),
    "dtype-misspelt": file(text(dtype="BF61")),
    "dtype-not-a-string": file(text(dtype=16)),
    "shape-missing": file(text(shape=None)),
    "shape-not-a-list": file(text(shape=4)),
    "shape-negative": file(text(shape=[-4])),
    "shape-fractional": file(text(shape=[4.5])),
    "shape-too-large-for-an-integer": file(text(shape=[10**30])),
    "shape-product-overflows": file(text(shape=[2**32, 2**32])),
    "shape-size-overflows": file(text(shape=[2**62])),
    "shape-disagrees-with-data": file(text(shape=[5])),
    "offsets-missing": file(text(data_offsets=None)),
    "offsets-three": file(text(data_offsets=[16, 20, 24])),
    "offsets-negative": file(text(data_offsets=[-8, 0])),
    "offsets-reversed": file(text(data_offsets=[24, 16])),
    "offsets-past-the-end": file(text(data_offsets=[17, 25])),
    "offsets-too-large-for-an-integer": file(text(data_offsets=[16, 2**64])),
    "data-cut-short": file(plain)[:-1],
    "data-overlaps": file(text(data_offsets=[12, 20]), bytes(20)),
    "data-shared": file(
        '{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},'
        ' "b": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}', bytes(4)),
    "data-with-a-hole": file(text(data_offsets=[20, 28]), bytes(28)),
    "data-with-a-hole-in-front": file('{"a": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}}', bytes(8)),
    "data-left-over": file(plain, bytes(27)),
    "metadata-not-an-object": file('{"__metadata__": "pt"}', b""),
    "metadata-not-strings": file('{"__metadata__": {"format": "pt", "epoch": 3}}', b""),
    "name-moves-the-cursor": file('{"\\u001b[2J\\u202e": {"dtype": "F32"}}', b""),
}

(here / "broken").mkdir(exist_ok=True)
for name, content in broken.items():
    (here / "broken" / f"{name}.safetensors").write_bytes(content)
print(len(broken), "files")
