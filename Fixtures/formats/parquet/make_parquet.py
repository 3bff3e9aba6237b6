"""Makes the Parquet files beside this one with pyarrow 26, and rows.json, what they hold: python make_parquet.py

All hold the same 40 rows, shaped like those of benchmarks (ARC's choices, SQuAD's answers): in each compression, in
pages of both versions, with dictionaries and without, in several row groups and pages.
"""

import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
rows = []
for i in range(40):
    rows.append(
        {
            "id": i,
            "question": None if i % 7 == 3 else f"Which of {i}? é \U0001f600"[: 10 + i % 9],
            "choices": None
            if i == 5
            else {
                "text": [f"choice {j}" for j in range(i % 5)],
                "label": ["ABCDE"[j] for j in range(i % 5)],
            },
            "answerKey": "ABCD"[i % 4],
            "score": i / 8 if i % 3 else None,
            "small": float(i) / 4,
            "flag": i % 2 == 0,
            "many": [[1, 2], [], [i]] if i % 4 == 1 else [] if i % 4 == 2 else None if i % 4 == 3 else [None, [i, None]],
            "spans": [{"start": j, "text": None if j == 1 else f"s{j}"} for j in range(i % 3)],
            "same": "constant",
        }
    )
schema = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        ("question", pa.string()),
        ("choices", pa.struct([("text", pa.list_(pa.string())), ("label", pa.list_(pa.string()))])),
        ("answerKey", pa.large_string()),
        ("score", pa.float64()),
        ("small", pa.float32()),
        ("flag", pa.bool_()),
        ("many", pa.list_(pa.list_(pa.uint32()))),
        ("spans", pa.list_(pa.struct([("start", pa.int32()), ("text", pa.string())]))),
        ("same", pa.string()),
    ]
)
table = pa.Table.from_pylist(rows, schema=schema)
for name, options in {
    "plain-v1": {"compression": "none", "use_dictionary": False},
    "snappy-v1": {"compression": "snappy", "row_group_size": 17},
    "gzip-v2": {"compression": "gzip", "data_page_version": "2.0"},
    "zstd-v2": {"compression": "zstd", "data_page_version": "2.0", "use_dictionary": ["same"], "data_page_size": 64,
                "write_batch_size": 8},
}.items():
    pq.write_table(table, here / f"{name}.parquet", store_schema=False, write_statistics=False, **options)
(here / "rows.json").write_text(json.dumps(table.to_pylist(), ensure_ascii=False) + "\n")

# One fault a file; the whole file they are made from has one column of three numbers.
small = pa.table({"x": pa.array([1, None, 3], pa.int32())})
sink = pa.BufferOutputStream()
pq.write_table(small, sink, compression="none", use_dictionary=False, store_schema=False, write_statistics=False)
whole = bytearray(sink.getvalue().to_pybytes())
broken = here / "broken"
(broken / "no-mark-at-the-end.parquet").write_bytes(whole[:-4] + b"PAR2")
(broken / "metadata-longer-than-file.parquet").write_bytes(whole[:-8] + (1 << 20).to_bytes(4, "little") + b"PAR1")
(broken / "empty.parquet").write_bytes(b"")
pq.write_table(small, broken / "brotli.parquet", store_schema=False, write_statistics=False, use_dictionary=False,
               compression="brotli")
