"""Makes the PyTorch files beside it, and the values that readers must find in them.

python3 make_fixtures.py    (torch 2.15; writes beside itself)

Every file gets a golden, values/NAME.txt: a line per tensor in alphabetical order, with its name, dtype, shape and the
hexadecimal digits of its elements in row-major order, little endian.
"""

import collections
import io
import json
import pathlib
import zipfile

import torch

here = pathlib.Path(__file__).parent
(here / "values").mkdir(exist_ok=True)
dtypes = [
    torch.bool, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.uint32, torch.int32, torch.uint64,
    torch.int64, torch.float8_e4m3fn, torch.float8_e5m2, torch.float16, torch.bfloat16, torch.float32, torch.float64,
]


def ramp(*shape, dtype=torch.float32):
    count = 1
    for extent in shape:
        count *= extent
    return torch.arange(1, count + 1).reshape(shape).to(dtype)


def lines(tensors):
    result = []
    for name, tensor in sorted(tensors.items()):
        plain = tensor.detach().clone(memory_format=torch.contiguous_format).contiguous()
        data = bytes(plain.reshape(-1).view(torch.uint8).tolist()) if plain.numel() else b""
        result.append(f"{name} {str(plain.dtype).removeprefix('torch.')} {list(plain.shape)} {data.hex()}\n")
    return "".join(result)


def keep(name, saved, tensors, **options):
    torch.save(saved, here / name, **options)
    (here / "values" / f"{name}.txt").write_text(lines(tensors))


every = {str(dtype).removeprefix("torch."): ramp(2, 3, dtype=dtype) for dtype in dtypes}
keep("every-dtype.pt", every, every)
keep("every-dtype-legacy.pt", every, every, _use_new_zipfile_serialization=False)
for protocol in [3, 4, 5]:
    keep(f"protocol-{protocol}.pt", {"a": ramp(3), "b": ramp(2, 2)}, {"a": ramp(3), "b": ramp(2, 2)},
         pickle_protocol=protocol)

base = ramp(6, 4)
cube = ramp(2, 3, 4, dtype=torch.float64)
views = {
    "all": base,
    "transposed": base.t(),
    "columns": base[:, 1:3],
    "every-other": base[::2, ::2],
    "row": base[3],
    "number": base[4, 2],
    "expanded": base[:1].expand(3, 4),
    "repeated": base[2, 2].expand(2, 2),
    "nothing": base[6:],
    "permuted": cube.permute(2, 0, 1),
    "halves": ramp(4, 6, dtype=torch.float16).t()[1:, 1:],
    "bytes": ramp(3, 5, dtype=torch.uint8).t(),
    "empty": torch.empty(0, 3),
    "scalar": torch.tensor(7.5),
    "channels-last": ramp(1, 2, 3, 2).to(memory_format=torch.channels_last),
}
keep("views.pt", views, views)
keep("views-legacy.pt", views, views, _use_new_zipfile_serialization=False)

parameters = collections.OrderedDict(w=torch.nn.Parameter(ramp(2, 2)), b=torch.nn.Parameter(ramp(2)))
parameters["tied"] = parameters["w"]
keep("parameters.pth", parameters, parameters)
model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
with torch.no_grad():
    for tensor in model.state_dict().values():
        tensor.copy_(ramp(*tensor.shape, dtype=tensor.dtype))
keep("state-dict.bin", model.state_dict(), model.state_dict())

training = {
    "epoch": 3, "loss": 0.25, "name": "run one", "best": None, "betas": (0.9, 0.999), "seen": {1}, "raw": b"xyz",
    "dtype": torch.float16, "device": torch.device("cpu"), "size": torch.Size([1, 2]), "large": 2**70, "empty": {},
    "state_dict": {f"module.{name}": tensor for name, tensor in model.state_dict().items()},
    "optimizer": {"state": {0: {"step": torch.tensor(4.0)}}, "param_groups": [{"lr": 1e-3, "params": [0, 1]}]},
}
keep("training.ckpt", training, model.state_dict())
nested = {"encoder": {"layers": [ramp(2), {"w": ramp(3)}]}, "head": ramp(1), "step": 9}
keep("nested.pt", nested, {"encoder.layers.0": ramp(2), "encoder.layers.1.w": ramp(3), "head": ramp(1)})
keep("alone.pt", ramp(2, 2), {"tensor": ramp(2, 2)})


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.inner(x)


small = Small()
with torch.no_grad():
    for tensor in small.state_dict().values():
        tensor.copy_(ramp(*tensor.shape))
torch.jit.save(torch.jit.script(small), here / "script.pt")
(here / "values" / "script.pt.txt").write_text(lines(small.state_dict()))

# The same entries, deflated: what becomes of a file that somebody packs again.
source = zipfile.ZipFile(here / "views.pt")
with zipfile.ZipFile(here / "packed-again.pt", "w", zipfile.ZIP_DEFLATED) as packed:
    for entry in source.infolist():
        packed.writestr(entry.filename, source.read(entry))
(here / "values" / "packed-again.pt.txt").write_text(lines(views))

sharded = here / "sharded"
sharded.mkdir(exist_ok=True)
shards = [{"a": ramp(2, 2), "b": ramp(3)}, {"c": ramp(4, dtype=torch.bfloat16)}]
names = [f"pytorch_model-0000{i}-of-00002.bin" for i in [1, 2]]
for name, shard in zip(names, shards):
    torch.save(shard, sharded / name)
weight_map = {tensor: name for name, shard in zip(names, shards) for tensor in shard}
(sharded / "pytorch_model.bin.index.json").write_text(
    json.dumps({"metadata": {"total_size": 36}, "weight_map": weight_map}, indent=2) + "\n")
(here / "values" / "sharded.txt").write_text(lines(shards[0] | shards[1]))
