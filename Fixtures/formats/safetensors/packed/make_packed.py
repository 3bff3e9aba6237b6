"""Makes small models with packed weights, what they stand for, and broken/: such models with one fault each.

python make_packed.py    (numpy, torch and safetensors; writes beside itself)

Nothing is unpacked here: random codes are packed, and the expected numbers come from the codes before packing.
"""

import json
import pathlib
import shutil

import numpy
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
random = numpy.random.default_rng(3)
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def write(name, tensors, quantization, expected=None):
    folder = here / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "model.safetensors")
    config = {"model_type": "llama", "quantization_config": quantization, "vocab_size": 4}
    if quantization is None:
        del config["quantization_config"]
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if expected:
        (here / "expected").mkdir(exist_ok=True)
        save_file(
            {key: torch.from_numpy(numpy.ascontiguousarray(value)) for key, value in expected.items()},
            here / "expected" / (name + ".safetensors"))


def norm():
    return {"norm.weight": torch.tensor([1.0, 0.5, -2.0, 4.0], dtype=torch.bfloat16)}


# FP8


def float8(rows, columns, dtype=torch.float8_e4m3fn):
    return torch.from_numpy(random.standard_normal((rows, columns)).astype(numpy.float32) * 20).to(dtype)


def scaled(weight, factors):
    # Float64 holds the product exactly; numpy rounds it once.
    return (weight.to(torch.float64).numpy() * factors.astype(numpy.float64)).astype(numpy.float32)


def scales(*shape):
    return (random.random(shape) * 0.01 + 0.001).astype(numpy.float32)


def spread(factors, rows, columns, block):
    return factors.repeat(block[0], 0).repeat(block[1], 1)[:rows, :columns]


def fp8_block():
    a, b = float8(40, 70), float8(130, 5)
    sa, sb = scales(3, 3), scales(2, 1)
    small = {"a.weight": a, "a.weight_scale_inv": torch.from_numpy(sa), **norm()}
    write("fp8-block", small, {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [16, 32]},
          {"a.weight": scaled(a, spread(sa, 40, 70, (16, 32)))})
    usual = {"b.weight": b, "b.weight_scale_inv": torch.from_numpy(sb), **norm()}
    write("fp8-usual-block", usual, {"quant_method": "fp8"}, {"b.weight": scaled(b, spread(sb, 130, 5, (128, 128)))})
    return small


def fp8_tensor():
    a, b, c = float8(6, 8), float8(4, 8, torch.float8_e5m2), float8(5, 9)
    sa, sb, sc = scales(), scales(1), torch.from_numpy(scales(5, 1)).to(torch.bfloat16)
    row = scales(5)
    tensors = {
        "a.weight": a, "a.weight_scale": torch.from_numpy(numpy.array(sa)), "a.input_scale": torch.ones(()),
        "b.weight": b, "b.weight_scale": torch.from_numpy(sb), "k.k_scale": torch.ones(1),
        "c.weight": c, "c.weight_scale": sc,
        "d.weight": c.clone(), "d.weight_scale": torch.from_numpy(row), **norm(),
    }
    expected = {
        "a.weight": scaled(a, sa), "b.weight": scaled(b, sb), "c.weight": scaled(c, sc.float().numpy()),
        "d.weight": scaled(c, row[:, None])}
    write("fp8-scales", tensors, {"quant_method": "compressed-tensors", "format": "float-quantized"}, expected)
    write("fp8-without-configuration", tensors, None, expected)


# GPTQ and AWQ


def pack(codes, axis, bits, order=None):
    """Codes packed into int32 along an axis, lowest bits first."""
    codes = numpy.moveaxis(codes.astype(numpy.uint64), axis, -1)
    per = 32 // bits
    codes = codes.reshape(*codes.shape[:-1], -1, per)
    if order:
        codes = codes[..., order]
    words = (codes << (numpy.arange(per, dtype=numpy.uint64) * numpy.uint64(bits))).sum(-1, dtype=numpy.uint64)
    return torch.from_numpy(numpy.moveaxis(words.astype(numpy.uint32), -1, axis).copy().view(numpy.int32))


def layer(inputs, outputs, bits, size, owners=None, zeros=None):
    """Codes, zero points, scales, and the weight as the model has it."""
    groups = -(-inputs // size)
    owners = numpy.arange(inputs) // size if owners is None else owners
    codes = random.integers(0, 2**bits, (inputs, outputs))
    zeros = random.integers(0, 2**bits, (groups, outputs)) if zeros is None else zeros
    factors = (random.random((groups, outputs)) * 0.02 + 0.001).astype(numpy.float16)
    weight = factors[owners].astype(numpy.float32) * (codes - zeros[owners]).astype(numpy.float32)
    return codes, zeros, factors, owners, weight.T


def gptq(name, bits=4, inputs=64, outputs=16, size=32, shuffled=False, version=1, listed=True):
    owners = random.permutation(numpy.arange(inputs) // size) if shuffled else None
    codes, zeros, factors, owners, weight = layer(inputs, outputs, bits, size, owners)
    stored = (zeros - 1) % 2**bits if version == 1 else zeros
    tensors = {
        "a.qweight": pack(codes, 0, bits), "a.qzeros": pack(stored, 1, bits), "a.scales": torch.from_numpy(factors),
        "a.bias": torch.ones(outputs, dtype=torch.float16), **norm()}
    if listed:
        tensors["a.g_idx"] = torch.from_numpy(owners.astype(numpy.int32))
    quantization = {
        "quant_method": "gptq", "bits": bits, "group_size": -1 if size == inputs else size, "desc_act": shuffled,
        "sym": False}
    if version == 2:
        quantization["checkpoint_format"] = "gptq_v2"
    write(name, tensors, quantization, {"a.weight": weight})
    return tensors, quantization


def awq(name, inputs=80, outputs=136):
    codes, zeros, factors, _, weight = layer(inputs, outputs, 4, 32)
    tensors = {
        "a.qweight": pack(codes, 1, 4, AWQ_ORDER), "a.qzeros": pack(zeros, 1, 4, AWQ_ORDER),
        "a.scales": torch.from_numpy(factors), **norm()}
    quantization = {"quant_method": "awq", "bits": 4, "group_size": 32, "version": "gemm", "zero_point": True}
    write(name, tensors, quantization, {"a.weight": weight})
    return tensors, quantization


def broken(fault, tensors, quantization, changes=None, **settings):
    """A good model with some tensors and settings replaced; None removes."""
    merged = {key: value for key, value in {**tensors, **(changes or {})}.items() if value is not None}
    write("broken/" + fault, merged, {**quantization, **settings} if quantization else None)


shutil.rmtree(here / "broken", ignore_errors=True)
block = fp8_block()
fp8_tensor()
gptq("gptq-4-bits-act-order", inputs=96, outputs=136, shuffled=True)
gptq("gptq-4-bits-v2", version=2)
gptq("gptq-8-bits-one-group", bits=8, size=64)
gptq("gptq-4-bits-without-list", inputs=80, listed=False)
good, how = gptq("gptq-4-bits")
awq("awq")
interleaved, awq_how = awq("awq-narrow", inputs=32, outputs=8)

ints = lambda *shape: torch.zeros(shape, dtype=torch.int32)
broken("gptq-scales-missing", good, how, {"a.scales": None})
broken("gptq-zeros-missing", good, how, {"a.qzeros": None})
broken("gptq-list-missing", good, how, {"a.g_idx": None}, desc_act=True)
broken("gptq-list-too-short", good, how, {"a.g_idx": ints(60)})
broken("gptq-list-names-no-group", good, how, {"a.g_idx": ints(64) + 2})
broken("gptq-list-negative", good, how, {"a.g_idx": ints(64) - 1})
broken("gptq-groups-disagree", good, how, group_size=16)
broken("gptq-group-size-zero", good, how, group_size=0)
broken("gptq-codes-are-floats", good, how, {"a.qweight": torch.zeros(8, 16)})
broken("gptq-codes-are-a-vector", good, how, {"a.qweight": ints(8)})
broken("gptq-zeros-too-narrow", good, how, {"a.qzeros": ints(2, 1)})
broken("gptq-scales-are-integers", good, how, {"a.scales": ints(2, 16)})
broken("gptq-outputs-uneven", good, how, {"a.qweight": ints(8, 15), "a.scales": torch.ones(2, 15)})
broken("gptq-weight-is-there-too", good, how, {"a.weight": torch.ones(16, 64)})
broken("gptq-3-bits", good, how, bits=3)
broken("gptq-marlin", good, how, checkpoint_format="marlin")
broken("gptq-without-configuration", good, None)
broken("awq-gemv", interleaved, awq_how, version="gemv")
broken("awq-8-bits", interleaved, awq_how, bits=8)
broken("awq-zeros-missing", interleaved, awq_how, {"a.qzeros": None})
fp8 = {"quant_method": "fp8", "weight_block_size": [16, 32]}
broken("fp8-scales-missing", block, fp8, {"a.weight_scale_inv": None})
broken("fp8-scales-for-other-blocks", block, fp8, weight_block_size=[16, 16])
broken("fp8-scales-are-integers", block, fp8, {"a.weight_scale_inv": ints(3, 3)})
experts, expert_scales = float8(3 * 18, 36).reshape(3, 18, 36), scales(3, 2, 2)
row_scales, expert_scale = scales(3, 18, 1), scales(3)
write("fp8-experts",
      {"a.weight": experts, "a.weight_scale_inv": torch.from_numpy(expert_scales),
       "b": experts[:, :3], "b_scale_inv": torch.from_numpy(row_scales[:, :3].copy()),
       "c.weight": experts[:, :2], "c.weight_scale": torch.from_numpy(expert_scale), **norm()},
      {"quant_method": "fp8", "weight_block_size": [16, 32]},
      {"a.weight": numpy.stack([scaled(w, spread(s, 18, 36, (16, 32))) for w, s in zip(experts, expert_scales)]),
       "b": scaled(experts[:, :3], row_scales[:, :3]), "c.weight": scaled(experts[:, :2], expert_scale[:, None, None])})
broken("fp8-scales-for-fewer-experts", {"a.weight": experts[:2, :, :4], "a.weight_scale_inv": torch.ones(1, 2, 1)}, fp8)
broken("method-unknown", {"a.weight": torch.zeros(4, 1, dtype=torch.uint8), **norm()},
       {"quant_method": "bitsandbytes", "load_in_4bit": True})
broken("compressed-tensors-pack-quantized", {"a.weight_packed": ints(4, 4), "a.weight_scale": torch.ones(4, 1)},
       {"quant_method": "compressed-tensors", "format": "pack-quantized"})
