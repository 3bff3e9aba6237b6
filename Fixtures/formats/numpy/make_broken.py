"""Makes broken/: NumPy files with one fault each; the file's name is the fault.

python3 make_broken.py    (standard library only; writes beside itself)
"""

import io
import pathlib
import struct
import zipfile
import zlib

here = pathlib.Path(__file__).parent
data = struct.pack("<6f", 1, 2, 3, 4, 5, 6)


def array(header=None, content=data, version=(1, 0), length=None, **changes):
    if header is None:
        fields = {"descr": "'<f4'", "fortran_order": "False", "shape": "(2, 3)"} | changes
        header = "{" + ", ".join(f"'{key}': {value}" for key, value in fields.items() if value) + ", }\n"
    raw = header.encode("latin1")
    length = len(raw) if length is None else length
    return (b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", length) + raw + content)


def archive(*entries, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in entries:
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
    return buffer.getvalue()


def patched(content, old, new):
    assert len(old) == len(new) and old in content
    return content.replace(old, new)


one = archive(("a.npy", array()))
packer = zlib.compressobj(-1, zlib.DEFLATED, -15)
packed = packer.compress(array()) + packer.flush()
checksum = struct.pack("<I", zlib.crc32(array()))
size = struct.pack("<I", len(array()))
arrays = {
    "nothing": b"",
    "text": b"1, 2, 3\n",
    "signature-only": b"\x93NUMPY",
    "version-4": array(version=(4, 0)),
    "version-1.1": array(version=(1, 1)),
    "header-cut-short": array()[:40],
    "header-length-cut-short": array(version=(2, 0))[:10],
    "header-length-past-the-end": array(length=5000),
    "header-length-huge": array(version=(2, 0), length=2**32 - 1),
    "header-empty": array(""),
    "header-not-a-dictionary": array("[1, 2]"),
    "header-followed-by-text": array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} + x"),
    "header-that-calls": array("{'descr': __import__('os').system('echo'), 'fortran_order': False, 'shape': (2, 3)}"),
    "header-nested-deeply": array("{'shape': " + "(" * 5000),
    "header-with-an-escape": array("{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2, 3)}"),
    "header-without-a-comma": array("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}"),
    "key-unknown": array(strides="(1, 2)"),
    "key-twice": array("{'shape': (6,), 'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}"),
    "key-missing": array(fortran_order=None),
    "order-a-number": array(fortran_order="0"),
    "shape-not-a-tuple": array(shape="6"),
    "shape-negative": array(shape="(-2, -3)"),
    "shape-fractional": array(shape="(2.0, 3)"),
    "shape-too-large-for-an-integer": array(shape="(99999999999999999999,)"),
    "shape-overflows": array(shape="(4294967296, 4294967296)"),
    "shape-size-overflows": array(shape="(4611686018427387904,)"),
    "shape-of-nothing-that-overflows": array(shape="(4294967296, 4294967296, 0)", content=b""),
    "shape-of-65-extents": array(shape="(" + "1, " * 65 + ")"),
    "shape-without-an-end": array("{'shape': (2, 3"),
    "type-objects": array(descr="'|O'"),
    "type-records": array(descr="[('x', '<f4'), ('y', '<f4')]"),
    "type-complex": array(descr="'<c8'"),
    "type-texts": array(descr="'<U6'"),
    "type-times": array(descr="'<M8[s]'"),
    "type-raw": array(descr="'<V2'"),
    "type-long-double": array(descr="'<f16'"),
    "type-without-order": array(descr="'f4'"),
    "type-unknown": array(descr="'<q9'"),
    "type-moves-the-cursor": array(descr="'\x1b[2J'"),
    "data-cut-short": array()[:-1],
    "data-left-over": array() + b"x",
}
archives = {
    "archive-cut-short": one[:-1],
    "entry-not-an-array": archive(("a.npy", b"PK hello")),
    "entry-empty": archive(("a.npy", b"")),
    "entry-twice": patched(archive(("a.npy", array()), ("b.npy", array())), b"b.npy", b"a.npy"),
    "entry-left-over": archive(("a.npy", array() + b"x")),
    "entry-cut-short": archive(("a.npy", array()[:-1])),
    "entry-stored-cut-short": archive(("a.npy", array()[:-1]), method=zipfile.ZIP_STORED),
    "entry-of-objects": archive(("a.npy", array(descr="'|O'"))),
    "entry-with-lzma": archive(("a.npy", array()), method=zipfile.ZIP_LZMA),
    "entry-stored-of-another-checksum": patched(
        archive(("a.npy", array()), method=zipfile.ZIP_STORED), checksum, b"abcd"),
    "deflated-not-at-all": patched(one, packed, b"\xff" * len(packed)),
    "deflated-with-a-fault-in-it": patched(one, packed[-20:], b"\xff" * 20),
    "deflated-of-another-checksum": patched(one, checksum, b"abcd"),
}
(here / "broken").mkdir(exist_ok=True)
for name, content in arrays.items():
    (here / "broken" / f"{name}.npy").write_bytes(content)
for name, content in archives.items():
    (here / "broken" / f"{name}.npz").write_bytes(content)
print(len(arrays) + len(archives), "files")
