"""SentencePiece models (`tokenizer.model`) with one fault each, named after it.

    python make_broken.py        # plain Python; writes broken/ beside itself
"""
import shutil, struct
from pathlib import Path

HERE = Path(__file__).parent / "broken"


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number, kind, data=b""):
    return varint(number << 3 | kind) + data


def message(number, data):
    return field(number, 2, varint(len(data)) + data)


def piece(text=b"a", score=0.0, kind=None):
    return message(1, message(1, text) + field(2, 5, struct.pack("<f", score)) + (b"" if kind is None else field(3, 0, varint(kind))))


trained = message(2, field(3, 0, varint(2))) + message(3, field(4, 0, b"\0"))
FAULTS = {
    "bytes-missing": piece() + trained[:-1],
    "field-kind-unknown": piece() + field(1, 3) + trained,
    "field-longer-than-the-file": field(1, 2, varint(10**6)) + trained,
    "field-longer-than-its-message": message(1, field(1, 2, varint(9)) + b"a") + trained,
    "field-number-zero": field(0, 0, b"\0") + trained,
    "length-huge": field(1, 2, varint(2**64 - 1)) + trained,
    "model-type-unknown": piece() + message(2, field(3, 0, varint(9))),
    "number-endless": piece() + b"\x80" * 40,
    "number-of-65-bits": piece() + field(9, 0, b"\xff" * 9 + b"\x02"),
    "piece-not-utf8": piece(b"\xff\xfe") + trained,
    "piece-type-unknown": piece(kind=77) + trained,
    "pieces-missing": trained,
    "score-no-number": piece(score=float("nan")) + trained,
    "score-cut-short": message(1, message(1, b"a") + field(2, 5, b"\0\0")) + trained,
    "text-instead-of-a-model": b"IQ== 0\nIg== 1\nIw== 2\n",
    "zeros": bytes(64),
}

shutil.rmtree(HERE, ignore_errors=True)
HERE.mkdir()
for name, content in FAULTS.items():
    (HERE / f"{name}.model").write_bytes(content)
