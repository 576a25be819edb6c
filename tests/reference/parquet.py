# Writes the small Parquet table of tests/formats/records/parquet_test.ts as base64 (pyarrow 26).
import base64
import datetime
import decimal
import io

import pyarrow as pa
import pyarrow.parquet as pq

D = decimal.Decimal
T = datetime.datetime
table = pa.table({
    "bytes": pa.array([b"\x00\xff\x00", None], pa.binary()),
    "text": pa.array(["灌", ""]),
    "i64": pa.array([9007199254740993, -5]),
    "u64": pa.array([2**64 - 1, 1], pa.uint64()),
    "d9": pa.array([D("1.10"), D("-2.25")], pa.decimal128(9, 2)),
    "d20": pa.array([D("12345678901234567.89"), D("-0.05")], pa.decimal128(20, 2)),
    "d38": pa.array([D(10) ** 37, D(-1)], pa.decimal128(38, 0)),
    "ms": pa.array([T(2024, 1, 2, 3, 4, 5, 123000), None], pa.timestamp("ms")),
    "us": pa.array([T(2024, 1, 2, 3, 4, 5, 123456), T(1969, 12, 31, 23, 59, 59, 999000)], pa.timestamp("us")),
    "list": pa.array([[["a"], []], None], pa.list_(pa.list_(pa.string()))),
    "struct": pa.array([{"a": 1, "b": [2**60]}, {"a": None, "b": []}],
                       pa.struct([("a", pa.int64()), ("b", pa.list_(pa.int64()))])),
})
out = io.BytesIO()
pq.write_table(table, out, compression="zstd", write_statistics=False, store_schema=False, use_dictionary=False)
print(base64.b64encode(out.getvalue()).decode())
