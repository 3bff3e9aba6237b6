"""Parquet files in the less common encodings, with decimals and times, and the rows that the `datasets` library reads from them.

    python make_parquet.py        # pyarrow 26, datasets 5.2; writes parquet/ beside itself

  parquet/<name>.parquet    one file; parquet/<name>.json   its rows, with str() of what JSON has no word for
  parquet/broken/           one fault a file
"""
import datetime
import decimal
import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent / "parquet"
(HERE / "broken").mkdir(parents=True, exist_ok=True)
D = decimal.Decimal
N = 300
words = "harbour harbours harbouring dawn dawned gull gulls following followed boat boats".split()


def maybe(values, every=7):
    return [None if i % every == 3 else x for i, x in enumerate(values)]


numbers = pa.table({
    "falling": pa.array(maybe([10_000 - 3 * i for i in range(N)]), pa.int32()),
    "wild": pa.array([(-1) ** i * (7 ** (i % 22)) for i in range(N)], pa.int64()),
    "extreme": pa.array([(-2 ** 63, 2 ** 63 - 1, 0)[i % 3] for i in range(N)], pa.int64()),
    "edge": pa.array([(-2 ** 31, 2 ** 31 - 1)[i % 2] for i in range(N)], pa.int32()),
    "natural": pa.array([2 ** 32 - 1 - i for i in range(N)], pa.uint32()),
    "lists": pa.array([[j * i for j in range(i % 4)] if i % 5 else None for i in range(N)], pa.list_(pa.int64())),
    "constant": pa.array([5] * N, pa.int64()),
})
texts = pa.table({
    "sized": pa.array(maybe([words[i % 11] + "é\U0001f600" * (i % 3) for i in range(N)]), pa.string()),
    "continued": pa.array(maybe(sorted(words[i % 11] + str(i) for i in range(N)), 11), pa.string()),
    "empty": pa.array([""] * N, pa.string()),
    "fixed": pa.array([("%04d" % i).encode() for i in range(N)], pa.binary(4)),
})
split = pa.table({
    "single": pa.array(maybe([i / 8 for i in range(N)]), pa.float32()),
    "double": pa.array([i / 3 for i in range(N)], pa.float64()),
    "short": pa.array([i * i - 999 for i in range(N)], pa.int32()),
    "long": pa.array([(i - 9) << 40 for i in range(N)], pa.int64()),
    "flags": pa.array(maybe([i % 3 == 0 for i in range(N)]), pa.bool_()),
})
zone = datetime.timezone.utc
days = [datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(1970, 1, 1), datetime.date(2000, 2, 29), datetime.date(2100, 3, 1), datetime.date(9999, 12, 31), None]
moments = [datetime.datetime(1969, 12, 31, 23, 59, 59, 999_000), datetime.datetime(2024, 2, 29, 12, 0, 0), datetime.datetime(1970, 1, 1), datetime.datetime(1700, 7, 8, 9, 10, 11, 120_000), datetime.datetime(2200, 1, 1, 0, 0, 1), datetime.datetime(2023, 12, 31, 23, 59, 59), None]
times = [datetime.time(0), datetime.time(23, 59, 59, 999_000), datetime.time(12, 30), datetime.time(1, 2, 3, 4_000), datetime.time(7, 8, 9), datetime.time(10), None]
small = [D("1.25"), D("-0.01"), D("0.00"), D("99999.99"), D("-12.30"), D("7.00"), None]
tiny = [D("0.0000000001"), D("-0.0000123456"), D("0.0000001000"), D("0E-10"), D("1.0000000000"), D("-0.1000000000"), None]
huge = [D(10) ** 37, -(D(10) ** 37), D(2) ** 120, D(0), D(-1), D(255), None]
vast = [D("1" * 70), D("-" + "9" * 74), D("0"), D("-1"), D("256"), D("65535"), None]
kinds = pa.table({
    "small": pa.array(small, pa.decimal128(7, 2)), "medium": pa.array(small, pa.decimal128(15, 2)), "tiny": pa.array(tiny, pa.decimal128(20, 10)),
    "huge": pa.array(huge, pa.decimal128(38, 0)), "vast": pa.array(vast, pa.decimal256(76, 0)), "day": pa.array(days, pa.date32()),
    "second": pa.array([m and m.replace(microsecond=0) for m in moments], pa.timestamp("s")),
    "milli": pa.array(moments, pa.timestamp("ms")), "micro": pa.array(moments, pa.timestamp("us")),
    "nano": pa.array([-1, 1_700_000_000_123_456_789, 0, 1_000, 123_000_000, 999_999_999, None], pa.timestamp("ns")),
    "greenwich": pa.array([m and m.replace(tzinfo=zone) for m in moments], pa.timestamp("us", tz="UTC")),
    "clock": pa.array(times, pa.time32("ms")), "finer": pa.array(times, pa.time64("us")), "finest": pa.array([1, 86_399_999_999_999, 1_500, 0, 1_000_000, 3_600_000_000_000, None], pa.time64("ns")),
})
old = kinds.select(["second", "nano"])
files = {
    "delta-integers": (numbers, dict(column_encoding={f: "DELTA_BINARY_PACKED" for f in [*numbers.column_names[:5], "lists.list.element", "constant"]}, compression="lz4", data_page_version="2.0")),
    "delta-texts": (texts, dict(column_encoding={"sized": "DELTA_LENGTH_BYTE_ARRAY", "continued": "DELTA_BYTE_ARRAY", "empty": "DELTA_LENGTH_BYTE_ARRAY", "fixed": "DELTA_BYTE_ARRAY"}, compression="none", data_page_size=512, write_batch_size=50)),
    "split": (split, dict(column_encoding={"single": "BYTE_STREAM_SPLIT", "double": "BYTE_STREAM_SPLIT", "short": "BYTE_STREAM_SPLIT", "long": "BYTE_STREAM_SPLIT", "flags": "RLE"}, compression="lz4")),
    "kinds": (kinds, dict(compression="none")),
    "kinds-as-integers": (kinds.select(["small", "medium", "tiny", "day"]), dict(store_decimal_as_integer=True, use_dictionary=True)),
    "old-times": (old, dict(use_deprecated_int96_timestamps=True, compression="none")),
}
for name, (table, options) in files.items():
    path = HERE / f"{name}.parquet"
    pq.write_table(table, path, store_schema=False, write_statistics=False, **({"use_dictionary": False} | options))
    rows = list(datasets.Dataset.from_parquet(str(path), keep_in_memory=True))
    text = lambda value: value.decode() if isinstance(value, bytes) else str(value)
    (HERE / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(row, default=text, ensure_ascii=False) for row in rows) + "\n]\n")

# Faults: in the page of a small file without compression, at the bytes that state what is in it.
def write(name, data):
    (HERE / "broken" / f"{name}.parquet").write_bytes(bytes(data))


def small_file(values, kind, encoding, **options):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"x": pa.array(values, kind)}, schema=pa.schema([pa.field("x", kind, nullable=False)])), sink, use_dictionary=False, store_schema=False, write_statistics=False,
                   **({"compression": "none", "column_encoding": {"x": encoding}} | options))
    return bytearray(sink.getvalue().to_pybytes())


packed = small_file([1, 5, 2, 8], pa.int32(), "DELTA_BINARY_PACKED")
start = packed.index(bytes([0x80, 0x01, 0x04, 0x04]))
for name, place, value in [("delta-blocks-of-nothing", 0, 0x00), ("delta-parts-of-nothing", 2, 0), ("delta-parts-that-do-not-fit", 2, 3), ("delta-other-count", 3, 5), ("delta-too-wide", 6, 65)]:
    damaged = bytearray(packed)
    if name == "delta-blocks-of-nothing":
        damaged[start:start + 2] = bytes([0x80, 0x00])
    else:
        damaged[start + place] = value
    write(name, damaged)
sized = small_file(["ab", "abc"], pa.string(), "DELTA_LENGTH_BYTE_ARRAY")
place = sized.index(bytes([0x80, 0x01, 0x04, 0x02, 0x04]))
sized[place + 4] = 3
write("delta-negative-size", sized)
continued = small_file(["abcd", "abce"], pa.string(), "DELTA_BYTE_ARRAY")
place = continued.index(bytes([0x80, 0x01, 0x04, 0x02, 0x00]))
continued[place + 4] = 8
write("delta-shares-with-nothing", continued)
pressed = small_file([7] * 200, pa.int64(), "PLAIN", compression="lz4")
column = pq.ParquetFile(pa.BufferReader(bytes(pressed))).metadata.row_group(0).column(0)
end = column.data_page_offset + column.total_compressed_size
pressed[end - 12:end] = b"\xff" * 12
write("lz4-damaged", pressed)
for name, values, kind in [("date-beyond-python", [2_932_897], pa.date32()), ("time-beyond-the-day", [86_400_000], pa.time32("ms"))]:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"x": pa.array(values, pa.int32()).cast(kind)}), sink, store_schema=False, use_dictionary=False, write_statistics=False)
    write(name, sink.getvalue().to_pybytes())
