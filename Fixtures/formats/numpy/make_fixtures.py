"""Makes the NumPy files beside it, and the values that readers must find in them.

python3 make_fixtures.py    (numpy 2.4; writes beside itself)

Every file gets a golden, values/NAME.txt: a line per array in alphabetical order, with its name, dtype, shape and the
hexadecimal digits of its elements in row-major order, little endian.
"""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
(here / "values").mkdir(exist_ok=True)


def ramp(*shape, dtype="<f4"):
    return np.arange(1, int(np.prod(shape)) + 1).reshape(shape).astype(dtype)


def lines(arrays):
    result = []
    for name, array in sorted(arrays.items()):
        plain = np.ascontiguousarray(array).reshape(array.shape).astype(array.dtype.newbyteorder("<"))
        result.append(f"{name} {plain.dtype.name} {list(plain.shape)} {plain.tobytes(order='C').hex()}\n")
    return "".join(result)


def keep(name, arrays, save):
    save(here / name, **arrays)
    (here / "values" / f"{name}.txt").write_text(lines(arrays))


codes = ["b1", "i1", "u1"] + [order + code for order in "<>" for code in
                              ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"]]
every = {code.replace("<", "little-").replace(">", "big-"): ramp(2, 3, dtype=code) for code in codes}
keep("every-dtype.npz", every, np.savez)
keep("every-dtype-compressed.npz", every, np.savez_compressed)
cube = ramp(2, 3, 4, dtype="<f8")
orders = {
    "row-major": ramp(3, 4), "column-major": np.asfortranarray(ramp(3, 4)), "cube": np.asfortranarray(cube),
    "permuted": cube.transpose(2, 0, 1), "big-column-major": np.asfortranarray(ramp(3, 4, dtype=">i2")),
    "empty": np.zeros((0, 3), "<f4"), "number": np.array(7.5), "line": np.asfortranarray(ramp(5)),
    "layer.0.weight": ramp(2, 2), "folder/weight": ramp(2),
}
keep("orders.npz", orders, np.savez)
keep("orders-compressed.npz", orders, np.savez_compressed)

for name, array in [("alone", ramp(2, 3)), ("alone-big", ramp(2, 3, dtype=">f4")),
                    ("alone-columns", np.asfortranarray(ramp(2, 3)))]:
    np.save(here / f"{name}.npy", array)
    (here / "values" / f"{name}.npy.txt").write_text(lines({name: array}))
for version in [(2, 0), (3, 0)]:
    name = f"version-{version[0]}"
    with open(here / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, ramp(2, 2), version=version)
    (here / "values" / f"{name}.npy.txt").write_text(lines({name: ramp(2, 2)}))

# The type that ml_dtypes adds, under its name; its values are those of 1.0, 2.0 and -3.0.
text = "{'descr': 'bfloat16', 'fortran_order': False, 'shape': (3,), }"
text += " " * (127 - 10 - len(text)) + "\n"
data = bytes.fromhex("803f0040" + "40c0")
(here / "bfloat16.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data)
(here / "values" / "bfloat16.npy.txt").write_text("bfloat16 bfloat16 [3] " + data.hex() + "\n")
