"""GGUF files with one fault each, named after it.

    python make_broken.py        # plain Python; writes broken/ beside itself
"""
import shutil, struct
from pathlib import Path

HERE = Path(__file__).parent / "broken"
U8, BOOL, I32, U32, FLOAT, STRING, ARRAY = 0, 7, 5, 4, 6, 8, 9
F32, Q4_0, IQ2_XS = 0, 2, 17


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(value)) + value


def value(key, kind, data):
    return text(key) + struct.pack("<I", kind) + data


def tensor(name, extents, kind, offset, rank=None):
    return text(name) + struct.pack("<I", len(extents) if rank is None else rank) + struct.pack(f"<{len(extents)}Q", *extents) + struct.pack("<IQ", kind, offset)


def file(values=(), tensors=(tensor("a", [8], F32, 0),), data=32, version=3, counts=None, alignment=32, cut=None):
    head = b"GGUF" + struct.pack("<I", version) + struct.pack("<QQ", *(counts or (len(tensors), len(values)))) + b"".join(values) + b"".join(tensors)
    head += bytes(-len(head) % alignment)
    return (head + bytes(data))[:cut]


def array(key, kind, *elements):
    return value(key, ARRAY, struct.pack("<IQ", kind, len(elements)) + b"".join(elements))


def vocabulary(*more):
    return file([value("tokenizer.ggml.model", STRING, text("llama")), array("tokenizer.ggml.tokens", STRING, text("a"), text("b")), *more])


deep = struct.pack("<IQ", ARRAY, 1) * 9 + struct.pack("<IQ", U8, 0)
FAULTS = {
    "alignment-not-a-power-of-two": file([value("general.alignment", U32, struct.pack("<I", 48))]),
    "alignment-zero": file([value("general.alignment", U32, struct.pack("<I", 0))]),
    "alignment-a-text": file([value("general.alignment", STRING, text("32"))]),
    "array-longer-than-the-file": file([value("k", ARRAY, struct.pack("<IQ", U32, 2**40))]),
    "array-of-huge-length": file([value("k", ARRAY, struct.pack("<IQ", STRING, 2**64 - 1))]),
    "arrays-nested-deeply": file([value("k", ARRAY, deep)]),
    "array-type-unknown": file([value("k", ARRAY, struct.pack("<IQ", 99, 0))]),
    "bool-neither-0-nor-1": file([value("k", BOOL, b"\x02")]),
    "bool-in-array-neither-0-nor-1": file([value("k", ARRAY, struct.pack("<IQ", BOOL, 3) + b"\0\1\7")]),
    "byte-order-big": b"GGUF" + struct.pack(">IQQ", 3, 1, 0) + bytes(64),
    "data-cut-short": file(cut=-1),
    "data-missing": file(data=0),
    "data-not-aligned": file(tensors=[tensor("a", [4], F32, 8)]),
    "data-overlaps": file(tensors=[tensor("a", [16], F32, 0), tensor("b", [8], F32, 32)], data=64),
    "data-shared": file(tensors=[tensor("a", [8], F32, 0), tensor("b", [8], F32, 0)]),
    "data-offset-huge": file(tensors=[tensor("a", [8], F32, 2**64 - 32)]),
    "data-past-the-end": file(tensors=[tensor("a", [8], F32, 64)]),
    "extents-five": file(tensors=[tensor("a", [1, 1, 1, 1, 8], F32, 0)]),
    "extents-four-billion": file(tensors=[tensor("a", [8], F32, 0, rank=2**32 - 1)]),
    "extent-huge": file(tensors=[tensor("a", [2**63], F32, 0)]),
    "values-missing": b"GGUF" + struct.pack("<IQQ", 3, 0, 1),
    "key-length-huge": file([struct.pack("<Q", 2**63) + bytes(16)]),
    "key-not-utf8": file([value(b"\xff\xfe", U8, b"\0")]),
    "key-twice": file([value("k", U8, b"\0"), value("k", U8, b"\1")]),
    "kind-not-readable": file(tensors=[tensor("a", [256], IQ2_XS, 0)], data=96),
    "kind-unknown": file(tensors=[tensor("a", [8], 77, 0)]),
    "only-the-signature": b"GGUF",
    "rows-no-whole-blocks": file(tensors=[tensor("a", [40, 4], Q4_0, 0)], data=128),
    "scores-of-another-kind": vocabulary(array("tokenizer.ggml.scores", I32, bytes(4), bytes(4))),
    "scores-no-array": vocabulary(value("tokenizer.ggml.scores", FLOAT, bytes(4))),
    "scores-not-one-for-each-token": vocabulary(array("tokenizer.ggml.scores", FLOAT, bytes(4))),
    "scores-not-numbers": vocabulary(array("tokenizer.ggml.scores", FLOAT, bytes(4), struct.pack("<f", float("nan")))),
    "size-overflows": file(tensors=[tensor("a", [2**32, 2**32], F32, 0)]),
    "size-overflows-in-bytes": file(tensors=[tensor("a", [2**31, 2**31], F32, 0)]),
    "split-part-under-another-name": file([value("split.no", U32, struct.pack("<I", 1)), value("split.count", U32, struct.pack("<I", 3))]),
    "tensor-count-huge": file(counts=(2**64 - 1, 0)),
    "tensor-count-too-large": file(counts=(2, 0)),
    "tensor-name-moves-the-cursor": file(tensors=[tensor("a\x1b[2J\n", [8], 77, 0)]),
    "tensor-name-not-utf8": file(tensors=[tensor(b"\xc3", [8], F32, 0)]),
    "tensor-name-twice": file(tensors=[tensor("a", [8], F32, 0), tensor("a", [8], F32, 32)], data=64),
    "text-longer-than-the-file": file([value("k", STRING, struct.pack("<Q", 10**6))]),
    "token-types-not-one-for-each-token": vocabulary(array("tokenizer.ggml.token_type", I32, bytes(4), bytes(4), bytes(4))),
    "token-types-not-whole-numbers": vocabulary(array("tokenizer.ggml.token_type", FLOAT, bytes(4), bytes(4))),
    "value-count-huge": file(counts=(1, 2**63)),
    "value-type-unknown": file([value("k", 13, b"\0")]),
    "version-1": file(version=1),
    "version-4": file(version=4),
}

shutil.rmtree(HERE, ignore_errors=True)
HERE.mkdir()
for name, content in FAULTS.items():
    (HERE / f"{name}.gguf").write_bytes(content)
