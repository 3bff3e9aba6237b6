"""Makes valid HDF5 files and values.json, which says what is in them.

KERAS_BACKEND=torch python3 make_files.py    (h5py 3.16, HDF5 2.0, keras 3.15; writes beside itself)
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"
import h5py
import keras
import numpy as np

here = pathlib.Path(__file__).parent
random = np.random.default_rng(5)


def numbers(dtype, *shape):
    if np.dtype(dtype).kind == "f":
        return random.standard_normal(shape).astype(dtype)
    return random.integers(0, 100, shape).astype(dtype)


with h5py.File(here / "dtypes.h5", "w") as f:
    for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
        f["little/" + kind] = numbers("<" + kind, 3, 2)
        f["big/" + kind] = numbers(">" + kind, 3, 2)
    f["bool"] = np.array([True, False, True])
    f["scalar"] = np.float32(1.5)
    f["empty"] = np.zeros((0, 3), "f4")
    narrow = f.create_dataset("bfloat16", data=np.array([0x3F80, 0xC000, 0x7F80], "<u2").view("V2"))
    narrow.attrs["dtype"] = "bfloat16"
    f["opaque"] = np.zeros(3, "V2")
    f["text"] = ["a", "b"]
    f["null"] = h5py.Empty("f4")
    f["pair"] = np.zeros(2, [("a", "f4"), ("b", "i4")])
    f["soft"] = h5py.SoftLink("/scalar")
    f["again"] = f["scalar"]
    f["loop"] = f["/"]
    f.create_dataset("unwritten", (4, 2), "f4", fillvalue=2.5)
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((2, 3))
    data = numbers("<f4", 2, 3)
    h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, space, compact).write(space, space, data)
    h5py.h5d.create(f.id, b"compact-big", h5py.h5t.IEEE_F32BE, space, compact).write(space, space, data)

for name, options in {"chunks": {}, "chunks-1.10": {"libver": ("v110", "v110")}}.items():
    with h5py.File(here / (name + ".h5"), "w", **options) as f:
        f.create_dataset("plain", data=numbers("<f4", 7, 10), chunks=(3, 4))
        f.create_dataset("gzip", data=numbers("<f4", 7, 10), chunks=(3, 4), compression="gzip")
        f.create_dataset("shuffle", data=numbers("<f4", 20, 30), chunks=(8, 16), compression="gzip", shuffle=True)
        f.create_dataset("checksum", data=numbers("<f2", 7, 11), chunks=(7, 3), fletcher32=True)
        f.create_dataset(
            "everything", data=numbers(">f8", 5, 6, 7), chunks=(2, 3, 4), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("line", data=numbers("<i4", 100), chunks=(33,), shuffle=True)
        f.create_dataset("growing", data=numbers("<f4", 5, 3), chunks=(2, 3), maxshape=(None, 3))
        f.create_dataset("whole", data=numbers("<f4", 6, 4), chunks=(6, 4), compression="gzip")
        holes = f.create_dataset("holes", (9, 8), "<f4", chunks=(3, 4), fillvalue=-1.0, compression="gzip")
        holes[4, 5] = 7.0

with h5py.File(here / "user-block.h5", "w", userblock_size=1024) as f:
    f["contiguous"] = numbers("<f4", 3)
    f.create_dataset("chunked", data=numbers("<f4", 7), chunks=(3,), compression="gzip")

keras.utils.set_random_seed(1)
model = keras.Sequential(
    [
        keras.Input((6, 6, 1)),
        keras.layers.Conv2D(2, 3, name="conv"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Flatten(),
        keras.layers.Dense(3, name="head", dtype="bfloat16"),
    ]
)
model.compile("adam", "mse")
model.fit(np.ones((2, 6, 6, 1), "f4"), np.ones((2, 3), "f4"), verbose=0)
model.save_weights(here / "keras3.weights.h5")
model.save(here / "keras3.keras")


# Keras 2 as tf.keras 2.15 laid files out: groups named after layers, weights under their full names with ":0".
def keras2(group):
    group.attrs["layer_names"] = np.array([b"dense", b"dropout"])
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.15.0"
    layer = group.create_group("dense")
    layer.attrs["weight_names"] = np.array([b"dense/kernel:0", b"dense/bias:0"])
    layer["dense/kernel:0"] = numbers("<f4", 4, 3)
    layer["dense/bias:0"] = numbers("<f4", 3)
    group.create_group("dropout").attrs["weight_names"] = np.zeros(0)
    group.create_group("top_level_model_weights").attrs["weight_names"] = np.zeros(0)


with h5py.File(here / "keras2-weights.h5", "w") as f:
    keras2(f)
with h5py.File(here / "keras2-model.h5", "w") as f:
    f.attrs["keras_version"] = b"2.15.0"
    f.attrs["model_config"] = json.dumps({"class_name": "Sequential"}).encode()
    f.attrs["training_config"] = json.dumps({"loss": "mse"}).encode()
    keras2(f.create_group("model_weights"))
    f["optimizer_weights/Adam/iter:0"] = np.int64(1)
    f["optimizer_weights/Adam/dense/kernel/m:0"] = numbers("<f4", 4, 3)

values = {}
for path in sorted(here.glob("*.h5")):
    listed = values[path.name] = {}

    def visit(name, node):
        if not isinstance(node, h5py.Dataset) or name.startswith("optimizer"):
            return
        if name in ("opaque", "text", "null", "pair"):
            return
        data = node[...]
        little = data if data.dtype.kind == "V" else data.astype(data.dtype.newbyteorder("<"))
        listed[name] = {"shape": list(data.shape), "bytes": little.tobytes().hex()}

    with h5py.File(path) as f:
        f.visititems(visit)
(here / "values.json").write_text(json.dumps(values, indent=1) + "\n")
