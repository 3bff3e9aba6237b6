"""Makes broken/: PyTorch files with one fault each; the file's name is the fault. And a valid one, large-numbers.pt.

python3 make_broken.py    (standard library only; writes beside itself)
"""

import io
import pathlib
import pickle
import struct
import tarfile
import zlib

here = pathlib.Path(__file__).parent

# MARK: Pickles, opcode by opcode


def text(value):
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def number(value):
    if -2**31 <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    raw = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def sequence(*values):
    return b"(" + b"".join(values) + b"t"


def numbers(values):
    return sequence(*map(number, values))


def storage(key="0", kind="FloatStorage", count=4, extra=b""):
    return sequence(text("storage"), name("torch", kind), text(key), text("cpu"), number(count), extra) + b"Q"


def tensor(shape=(2, 2), strides=(2, 1), first=0, function="_rebuild_tensor_v2", extra=b"", **named):
    hooks = name("collections", "OrderedDict") + b")R"
    values = [storage(**named), number(first), numbers(shape), numbers(strides), b"\x89", hooks, extra]
    return name("torch._utils", function) + sequence(*values) + b"R"


def dictionary(**items):
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def whole(value):
    return b"\x80\x02" + value + b"."


# MARK: Archives, record by record


def archive(entries, **changes):
    """An archive of (name, data) or (name, data, changes); changes in `changes` are those of the end record."""
    body, directory = b"", b""
    for entry, data, *rest in entries:
        own = rest[0] if rest else {}
        raw = entry.encode()
        header = {"flags": 0, "method": 0, "crc": zlib.crc32(data), "stored": len(data), "size": len(data)} | own
        fields = struct.pack("<HHHHHIII", 20, header["flags"], header["method"], 0, 0, header["crc"],
                             header.get("local_stored", header["stored"]), header["size"])
        local = b"PK\x03\x04" + fields + struct.pack("<HH", len(raw), 0) + header.get("local_name", raw)
        fields = struct.pack("<HHHHHIII", 20, header["flags"], header["method"], 0, 0, header["crc"],
                             header["stored"], header["size"])
        extra = header.get("extra", b"")
        directory += (b"PK\x01\x02" + struct.pack("<H", 20) + fields
                      + struct.pack("<HHHHHII", len(raw), len(extra), 0, 0, 0, 0, header.get("at", len(body)))
                      + raw + extra)
        body += local + data
    end = {"count": len(entries), "size": len(directory), "start": len(body)} | changes
    large = changes.get("large", b"")
    return body + directory + large + (b"PK\x05\x06" + struct.pack(
        "<HHHHIIH", end.get("disk", 0), 0, end["count"], end["count"], end["size"], end["start"], 0))


data = struct.pack("<4f", 1, 2, 3, 4)


def file(value, storages=None, order=b"little", **options):
    entries = [("archive/data.pkl", whole(value), options)]
    if order:
        entries.append(("archive/byteorder", order))
    entries += [(f"archive/data/{key}", content) for key, content in (storages or {"0": data}).items()]
    return archive(entries)


def model(**named):
    return file(dictionary(a=tensor(**named)))


good = dictionary(a=tensor())
plain = [("archive/data.pkl", whole(good)), ("archive/data/0", data)]


def packed(content, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def large(place, **changes):
    """The end record of large archives and the pointer to it, for the archive of `plain`."""
    values = {"count": 2, "size": 0, "start": 0, "pointer": place, "parts": 1} | changes
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, values["count"], values["count"],
                                          values["size"], values["start"])
    return record + b"PK\x06\x07" + struct.pack("<IQI", 0, values["pointer"], values["parts"])


whole_plain = archive(plain)
directory_start = struct.unpack("<I", whole_plain[-6:-2])[0]
directory_size = struct.unpack("<I", whole_plain[-10:-6])[0]
large_place = directory_start + directory_size
laughs = b"".join(b"}(" + text("a") + b"h%c" % (i - 1) + text("b") + b"h%c" % (i - 1) + b"uq%c" % i
                  for i in range(1, 50))

broken = {
    # Names that nothing here may call.
    "call-os-system": file(dictionary(a=name("os", "system") + sequence(text("echo broken")) + b"R")),
    "call-posix-system-by-stack": file(text("posix") + text("system") + b"\x93" + sequence(text("echo")) + b"R"),
    "call-eval": file(name("builtins", "eval") + sequence(text("1")) + b"R"),
    "call-torch-load": file(name("torch", "load") + sequence(text("x")) + b"R"),
    "call-getattr": file(name("__builtin__", "getattr") + sequence(text("x"), text("y")) + b"R"),
    "class-of-a-script-without-a-script": file(name("__torch__", "Net") + b")\x81}b"),
    "class-unknown-with-a-long-name": file(name("evil", "x" * 5000)),
    "name-moves-the-cursor": file(name("\x1b[2J", "x")),
    "module-with-its-source": file(
        sequence(text("module"), name("torch", "Tensor"), text("file"), text("source")) + b"Q"),
    "pickle-of-another-checksum": file(good, crc=0x12345678),
    # What is in no pickle.
    "pickle-empty": archive([("archive/data.pkl", b""), ("archive/data/0", data)]),
    "pickle-without-an-end": archive([("archive/data.pkl", whole(good)[:-1]), ("archive/data/0", data)]),
    "pickle-opcode-unknown": file(b"\xff"),
    "pickle-opcode-of-protocol-0": file(b"I1\n"),
    "pickle-protocol-6": file(b"\x80\x06N"),
    "pickle-stack-empty": archive([("archive/data.pkl", b"\x80\x020.")]),
    "pickle-below-the-mark": file(b"N(s"),
    "pickle-mark-missing": file(b"Nt"),
    "pickle-memo-missing": file(b"h\x07"),
    "pickle-text-past-the-end": file(b"X\xff\xff\xff\x7fabc"),
    "pickle-text-endless": file(b"\x8d" + b"\xff" * 8),
    "pickle-key-without-value": file(b"}(" + text("a") + b"u"),
    "pickle-elements-for-a-number": file(number(1) + b"(Ne"),
    "pickle-call-of-a-number": file(number(1) + b")R"),
    "pickle-attributes-for-a-number": file(number(1) + b"Nb"),
    "pickle-identifier-of-nothing": file(b"NQ"),
    # What would take all memory or time.
    "nested-in-itself-list": file(b"]q\x00h\x00a"),
    "nested-in-itself-dictionary": file(b"}q\x00" + text("a") + b"h\x00s"),
    "nested-deeply": file(b"](" * 2000 + b"N" + b"e" * 2000),
    "nested-laughs": file(b"}q\x00(" + text("t") + tensor() + b"u" + laughs),
    "bomb-doubling": archive([
        ("archive/data.pkl", whole(name("__torch__", "N") + b")\x81q\x00" + dictionary(a=b"N") + b"b" + b"h\x00b" * 60)),
        ("archive/constants.pkl", b"")]),
    "tensor-with-thousands-of-extents": file(
        b"](" + number(0) * 1000 + b"eq\x010" + name("torch._utils", "_rebuild_tensor_v2")
        + sequence(storage(), number(0), b"h\x01", b"h\x01") + b"R"),
    "name-too-long": file(dictionary(**{"n" * 2000: tensor()})),
    "name-twice": file(dictionary(**{"a.b": tensor(), "a": dictionary(b=tensor())})),
    # Tensors that do not fit.
    "tensor-past-its-storage": model(first=1),
    "tensor-far-past-its-storage": model(first=2**62),
    "tensor-offset-negative": model(first=-1),
    "tensor-stride-negative": model(strides=(2, -1)),
    "tensor-stride-overflows": model(strides=(2**62, 2**62)),
    "tensor-shape-negative": model(shape=(2, -2)),
    "tensor-shape-overflows": model(shape=(2**40, 2**40), strides=(0, 0)),
    "tensor-repeated-without-end": model(shape=(2**40, 2**20), strides=(0, 0)),
    "tensor-rank-65": model(shape=(1,) * 65, strides=(1,) * 65),
    "tensor-strides-of-another-rank": model(strides=(1,)),
    "tensor-without-a-storage": file(
        dictionary(a=name("torch._utils", "_rebuild_tensor_v2") + sequence(b"N", number(0), b")", b")") + b"R")),
    "tensor-without-a-dtype": model(function="_rebuild_tensor_v3", kind="UntypedStorage"),
    "tensor-complex": model(kind="ComplexFloatStorage"),
    "tensor-quantized": file(dictionary(a=name("torch._utils", "_rebuild_qtensor") + b")R")),
    "tensor-sparse": file(dictionary(a=dictionary(b=name("torch._utils", "_rebuild_sparse_tensor") + b")R"))),
    "tensor-on-meta": file(dictionary(a=name("torch._utils", "_rebuild_meta_tensor_no_storage") + b")R")),
    "tensor-negation-pending": model(extra=b"}" + text("neg") + b"\x88s"),
    "parameter-without-a-tensor": file(dictionary(a=name("torch._utils", "_rebuild_parameter") + b")R")),
    "storage-missing": model(key="7"),
    "storage-of-another-size": model(count=5),
    "storage-count-overflows": model(count=2**62),
    "storage-count-negative": model(count=-4),
    "storage-of-no-type": file(sequence(text("storage"), text("x"), text("0"), text("cpu"), number(4)) + b"Q"),
    "byte-order-big": file(good, order=b"big"),
    # Archives that lie.
    "archive-without-a-pickle": archive([("archive/data/0", data)]),
    "archive-with-two-pickles": archive(plain + [("other/data.pkl", whole(good))]),
    "archive-cut-short": whole_plain[:-1],
    "archive-empty": archive([]),
    "archive-followed-by-text": whole_plain + b"x",
    "archive-in-parts": archive(plain, disk=1),
    "directory-past-the-end": archive(plain, start=2**31),
    "directory-too-long": archive(plain, size=directory_size + 1),
    "directory-with-more-entries": archive(plain, count=3),
    "directory-with-fewer-entries": archive(plain, count=1),
    "directory-with-entries-that-cannot-be": archive(plain, count=60000),
    "entry-twice": archive(plain + [plain[1]]),
    "entry-inside-another": archive([("archive/data.pkl", whole(good) + archive([("archive/data/0", data)])),
                                     ("archive/data/0", data, {"at": 30 + 16 + len(whole(good))})]),
    "entry-encrypted": archive([plain[0], (*plain[1], {"flags": 1})]),
    "entry-with-bzip2": archive([plain[0], (*plain[1], {"method": 12})]),
    "entry-with-method-99": archive([plain[0], (*plain[1], {"method": 99})]),
    "entry-stored-with-two-sizes": archive([plain[0], (*plain[1], {"size": 15})]),
    "entry-past-the-directory": archive([plain[0], (*plain[1], {"stored": 500, "size": 500})]),
    "entry-at-no-header": archive([plain[0], (*plain[1], {"at": 3})]),
    "entry-at-a-header-past-the-end": archive([plain[0], (*plain[1], {"at": 2**31})]),
    "entry-with-another-local-name": archive([plain[0], (*plain[1], {"local_name": b"archive/data/1"})]),
    "entry-with-another-local-size": archive([plain[0], (*plain[1], {"local_stored": 15})]),
    "entry-with-a-placeholder-for-nothing": archive([plain[0], (*plain[1], {"stored": 2**32 - 1, "size": 2**32 - 1})]),
    "entry-with-an-extra-field-too-long": archive(
        [plain[0], (*plain[1], {"stored": 2**32 - 1, "size": 2**32 - 1, "extra": struct.pack("<HH", 1, 99)})]),
    "entry-with-a-large-size-that-cannot-be": archive(
        [plain[0], (*plain[1], {"stored": 2**32 - 1, "size": 2**32 - 1,
                                "extra": struct.pack("<HHQQ", 1, 16, 2**64 - 1, 2**64 - 1)})]),
    "large-end-pointing-nowhere": archive(plain, large=large(large_place, pointer=7)),
    "large-end-pointing-past-the-end": archive(plain, large=large(large_place, pointer=2**63 + 5)),
    "large-end-in-parts": archive(plain, large=large(large_place, parts=3)),
    "large-end-that-contradicts": archive(plain, large=large(large_place, size=directory_size, start=1)),
    "large-end-with-a-count-that-cannot-be": archive(
        plain, count=0xFFFF, size=2**32 - 1, start=2**32 - 1,
        large=large(large_place, count=2**40, size=directory_size, start=directory_start)),
    "large-end-with-numbers-no-file-has": archive(
        plain, count=0xFFFF, size=2**32 - 1, start=2**32 - 1, large=large(large_place, size=2**64 - 1)),
    "deflated-more-than-possible": archive(
        [("archive/data.pkl", packed(whole(good)), {"method": 8, "size": 2**31}), plain[1]]),
    "deflated-pickle-that-is-a-bomb": archive(
        [("archive/data.pkl", packed(bytes(65 << 20)), {"method": 8, "size": 65 << 20}), plain[1]]),
    "deflated-pickle-that-is-not": archive(
        [("archive/data.pkl", b"\xff" * 90, {"method": 8, "size": 300}), plain[1]]),
    "deflated-pickle-that-ends-early": archive(
        [("archive/data.pkl", packed(whole(good)), {"method": 8, "size": len(whole(good)) + 1}), plain[1]]),
    "deflated-pickle-that-goes-on": archive(
        [("archive/data.pkl", packed(whole(good)), {"method": 8, "size": len(whole(good)) - 1}), plain[1]]),
    "deflated-pickle-of-another-checksum": archive(
        [("archive/data.pkl", packed(whole(good)), {"method": 8, "size": len(whole(good)), "crc": 5}), plain[1]]),
    "deflated-storage-that-is-not": archive([plain[0], ("archive/data/0", b"\xff" * 9, {"method": 8, "size": 16})]),
    "deflated-storage-that-goes-on": archive(
        [plain[0], ("archive/data/0", packed(data * 2), {"method": 8, "size": 16})]),
    "text": b"this is no checkpoint\n",
    "nothing": b"",
}

# MARK: The older stream


def stream(value=good, keys=("0",), storages=(struct.pack("<q", 4) + data,), magic=0x1950A86A20F9469CFC6C,
           version=1001, machine=None):
    machine = {"protocol_version": 1001, "little_endian": True} if machine is None else machine
    return (b"".join(pickle.dumps(part, 2) for part in (magic, version, machine)) + whole(value)
            + pickle.dumps(list(keys), 2) + b"".join(storages))


def tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("sys_info"))
    return buffer.getvalue()[:1024]


view = sequence(text("0.1"), number(3), number(2))
broken |= {
    "stream-call-os-system": stream(name("os", "system") + sequence(text("echo broken")) + b"R"),
    "stream-without-magic": pickle.dumps({"a": 1}, 2),
    "stream-with-other-magic": stream(magic=2**75),
    "stream-of-another-version": stream(version=1002),
    "stream-big-endian": stream(machine={"little_endian": False}),
    "stream-without-byte-order": stream(machine={}),
    "stream-without-keys": stream(keys=(), storages=()),
    "stream-with-an-unknown-key": stream(keys=("0", "1")),
    "stream-with-a-key-twice": stream(keys=("0", "0"), storages=(struct.pack("<q", 4) + data,) * 2),
    "stream-with-another-count": stream(storages=(struct.pack("<q", 5) + data,)),
    "stream-with-a-negative-count": stream(storages=(struct.pack("<q", -1) + data,)),
    "stream-cut-short": stream()[:-1],
    "stream-cut-short-at-the-count": stream()[:-20],
    "stream-with-something-after-it": stream() + b"x",
    "stream-part-past-its-storage": stream(dictionary(a=tensor(extra=b"").replace(b"tQ", view + b"tQ", 1))),
    "tar-of-old-versions": tar(),
}

# Nothing is broken about large numbers where small ones would do.
sizes = {"stored": 2**32 - 1, "size": 2**32 - 1, "flags": 8, "extra": struct.pack("<HHQQ", 1, 16, 16, 16)}
valid = [plain[0], (*plain[1], sizes)]
length = directory_size + 20
(here / "large-numbers.pt").write_bytes(archive(
    valid, count=0xFFFF, size=2**32 - 1, start=2**32 - 1,
    large=large(directory_start + length, size=length, start=directory_start)))
(here / "values" / "large-numbers.pt.txt").write_text(f"a float32 [2, 2] {data.hex()}\n")

(here / "broken").mkdir(exist_ok=True)
for stem, content in broken.items():
    (here / "broken" / f"{stem}.pt").write_bytes(content)
print(len(broken), "files,", sum(map(len, broken.values())), "bytes")
