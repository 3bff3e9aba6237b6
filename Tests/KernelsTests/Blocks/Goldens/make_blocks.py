"""What the gguf package makes of blocks of every format, and of numbers that it quantises.

    python make_blocks.py    (gguf 0.19.0, numpy 2.4.6; writes beside itself)

FORMAT.bin: a few blocks, then the float32 elements that gguf.quants.dequantize makes of them.
sums.txt: for 400 blocks of every format, drawn as below, FNV-1a over the 32-bit words of those elements; and for 400
blocks of numbers, FNV-1a over the bytes that gguf.quants.quantize makes of them, where it can.
"""

import pathlib

import gguf
import numpy as np
from gguf.quants import dequantize, quantize

here = pathlib.Path(__file__).parent
# Where a block has its float16 numbers.
halves = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}
quantised = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]


def splitmix(seed, count):
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fnv(values):
    h = 0xCBF29CE484222325
    for value in values.ravel().tolist():
        h = ((h ^ value) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def random_blocks(name, seed, count):
    """A byte from each draw; where a scale would be infinite or NaN its exponent is cleared: a subnormal number."""
    size = gguf.GGML_QUANT_SIZES[kind(name)][1]
    blocks = splitmix(seed, count * size).astype(np.uint8).reshape(count, size)
    for offset in halves[name]:
        high = blocks[:, offset + 1]
        blocks[:, offset + 1] = np.where(high & 0x7C == 0x7C, high & 0x83, high)
    return blocks


def random_numbers(seed, count):
    """About normal: the sum of a draw's four halves, exact in float32; every 37th is zero."""
    draws = splitmix(seed, count)
    total = sum(((draws >> np.uint64(16 * k)) & np.uint64(0xFFFF)).astype(np.int64) for k in range(4))
    numbers = ((total - 131072) / 65536).astype(np.float32)
    numbers[::37] = 0
    return numbers


def kind(name):
    return gguf.GGMLQuantizationType[name]


sums = []
for seed, name in enumerate(halves):
    elements, size = gguf.GGML_QUANT_SIZES[kind(name)]
    few = random_blocks(name, 1000 + seed, 8 if elements == 256 else 48)
    (here / f"{name}.bin").write_bytes(few.tobytes() + dequantize(few, kind(name)).astype("<f4").tobytes())
    expected = dequantize(random_blocks(name, seed, 400), kind(name)).astype("<f4")
    sums.append(f"dequantize {name} {fnv(expected.view('<u4')):016x}")
for seed, name in enumerate(quantised):
    elements = gguf.GGML_QUANT_SIZES[kind(name)][0]
    numbers = random_numbers(100 + seed, 400 * elements).reshape(400, elements)
    sums.append(f"quantize {name} {fnv(quantize(numbers, kind(name))):016x}")
(here / "sums.txt").write_text("\n".join(sums) + "\n")
