"""Makes broken/: HDF5 files with one fault each; the file's name is the fault.

python3 make_broken.py    (h5py 3.16; writes beside itself)
"""

import io
import pathlib
import struct
import tempfile
import zipfile
import zlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent / "broken"
here.mkdir(exist_ok=True)


def build(fill, **options):
    """The bytes of a file that `fill` put something into."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.h5"
        with h5py.File(path, "w", **options) as f:
            fill(f)
        return path.read_bytes()


def good(f):
    f["a/b"] = np.arange(6, dtype="<f4").reshape(2, 3)


def changed(raw, old, new, count=1):
    assert raw.count(old) >= 1, old
    return raw.replace(old, new, count)


def chunked(**options):
    def fill(f):
        settings = {"chunks": (64,), "compression": "gzip", **options}
        f.create_dataset("x", data=np.arange(128, dtype="<f4"), **settings)

    return fill


def chunk_places(raw):
    with tempfile.NamedTemporaryFile(suffix=".h5") as t:
        t.write(raw)
        t.flush()
        with h5py.File(t.name) as f:
            d = f["x"].id
            return [(c.byte_offset, c.size) for c in (d.get_chunk_info(i) for i in range(d.get_num_chunks()))]


def moved_chunk(new_offset):
    raw = build(chunked())
    (first, _), (second, _) = chunk_places(raw)
    return changed(raw, struct.pack("<Q", second), struct.pack("<Q", first if new_offset is None else new_offset))


def sized_chunk(size):
    raw = build(chunked())
    (_, old), (second, _) = chunk_places(raw)
    key = raw.rindex(struct.pack("<Q", second)) - 32
    at = raw.rindex(struct.pack("<I", old), key - 64, key + 64) if raw.find(struct.pack("<I", old), key - 64) >= 0 else 0
    assert at
    return raw[:at] + struct.pack("<I", size) + raw[at + 4 :]


def bomb():
    """A chunk of one gigabyte, compressed to some hundred bytes with a lie about its extents."""

    def fill(f):
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        settings.set_chunk((1 << 28,))
        settings.set_deflate(9)
        d = h5py.h5d.create(f.id, b"x", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((1 << 28,)), settings)
        d.write_direct_chunk((0,), zlib.compress(bytes(1 << 20), 9))

    return build(fill)


def unknown_filter(f):
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_chunk((4,))
    settings.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL)
    h5py.h5d.create(f.id, b"x", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4,)), settings)


def virtual(f):
    layout = h5py.VirtualLayout((4,), "<f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4,))
    f.create_virtual_dataset("x", layout)


def external_storage(f):
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_external(b"/etc/hostname", 0, 16)
    h5py.h5d.create(f.id, b"x", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4,)), settings)


def external_link(f):
    f["x"] = h5py.ExternalLink("/etc/other.h5", "/x")


def deep(f):
    group = f
    for _ in range(100):
        group = group.create_group("g")


def unwritten(f):
    f.create_dataset("x", (1 << 20, 1 << 20), "<f4", chunks=(1024, 1024))


def overlap():
    def fill(f):
        f["a"] = np.full(8, 1, "<u1")
        f["b"] = np.full(8, 2, "<u1")

    raw = build(fill)
    first, second = raw.index(bytes([1] * 8)), raw.index(bytes([2] * 8))
    return changed(raw, struct.pack("<Q", second), struct.pack("<Q", first + 4))


def past_the_end():
    raw = build(good)
    place = raw.index(np.arange(6, dtype="<f4").tobytes())
    at = raw.index(struct.pack("<QQ", place, 24))  # The layout message: where, and how much.
    return raw[:at] + struct.pack("<Q", len(raw) - 8) + raw[at + 8 :]


plain = build(good)
broken = {
    "empty": b"",
    "signature-only": plain[:8],
    "cut-short": plain[:-1],
    "superblock-version-unknown": plain[:8] + b"\x09" + plain[9:],
    "superblock-sizes-odd": plain[:13] + b"\x03" + plain[14:],
    "root-past-the-end": plain[:64] + struct.pack("<Q", 1 << 40) + plain[72:],
    "heap-signature-wrong": changed(plain, b"HEAP", b"PAEH"),
    "tree-signature-wrong": changed(plain, b"TREE", b"EERT"),
    "symbol-table-signature-wrong": changed(plain, b"SNOD", b"DONS"),
    "data-past-the-end": past_the_end(),
    "data-overlaps": overlap(),
    "external-link": build(external_link),
    "external-storage": build(external_storage),
    "virtual-dataset": build(virtual),
    "filter-unknown": build(unknown_filter),
    "groups-nested-deeply": build(deep, libver=("v110", "v110")),
    "shape-larger-than-any-file": build(unwritten),
    "chunks-overlap": moved_chunk(None),
    "chunk-past-the-end": moved_chunk(1 << 33),
    "chunk-size-past-the-end": sized_chunk(1 << 30),
    "deflate-bomb": bomb(),
}
for name, raw in broken.items():
    (here / (name + ".h5")).write_bytes(raw)


def archive(raw, method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as z:
        z.writestr(zipfile.ZipInfo("model.weights.h5"), raw, method)
    return file.getvalue()


for name, raw in {
    "archive-compressed": archive(plain, zipfile.ZIP_DEFLATED),
    "archive-with-a-broken-file": archive(plain[:-1], zipfile.ZIP_STORED),
    "archive-with-another-file": archive(b"weights", zipfile.ZIP_STORED),
}.items():
    (here / (name + ".keras")).write_bytes(raw)

# Faults that only reading elements meets; the listing is in order.
content = here.parent / "broken-content"
content.mkdir(exist_ok=True)


def spoilt(fill, place):
    raw = bytearray(build(fill))
    (first, size), *_ = chunk_places(bytes(raw))
    raw[first + place % size] ^= 0x55
    return bytes(raw)


for name, raw in {
    "deflate-stream-spoilt": spoilt(chunked(), 20),
    "checksum-wrong": spoilt(chunked(compression=None, fletcher32=True), 8),
    "deflate-header-wrong": spoilt(chunked(), 0),
}.items():
    (content / (name + ".h5")).write_bytes(raw)
