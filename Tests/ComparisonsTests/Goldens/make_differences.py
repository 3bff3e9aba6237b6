"""Writes differences.json: how two experts of the fixture family differ, computed with numpy in float64.

Run from the root of the project: python3 Tests/ComparisonsTests/Goldens/make_differences.py
Needs numpy, safetensors and torch (for bfloat16).
"""

import json

import numpy as np
from safetensors.torch import load_file

FAMILY = "Fixtures/families/a"
TENSORS = [
    "model.embed_tokens.weight",
    "model.layers.0.self_attn.q_proj.weight",
    "model.layers.2.mlp.down_proj.weight",
    "model.layers.3.input_layernorm.weight",
    "model.norm.weight",
]
LARGE = np.float32(0.005)

base, a, b = (
    {name: tensor.float().numpy() for name, tensor in load_file(f"{FAMILY}/{model}/model.safetensors").items()}
    for model in ("base", "expert-sums", "expert-sort")
)


def stable_rank(matrix):
    values = np.linalg.svd(matrix, compute_uv=False)
    return float((values**2).sum() / values[0] ** 2)


def difference(name):
    o, x, y = (model[name].astype(np.float64) for model in (base, a, b))
    dx, dy = x - o, y - o
    small, large = np.minimum(abs(dx), abs(dy)), np.maximum(abs(dx), abs(dy))
    result = {
        "relative_distance": np.linalg.norm(x - y) / np.linalg.norm(x),
        "cosine": (x * y).sum() / (np.linalg.norm(x) * np.linalg.norm(y)),
        "changed": (x != y).mean(),
        "largest": abs(x - y).max(),
        "ratio_a": np.linalg.norm(dx) / np.linalg.norm(o),
        "ratio_b": np.linalg.norm(dy) / np.linalg.norm(o),
        "task_cosine": (dx * dy).sum() / (np.linalg.norm(dx) * np.linalg.norm(dy)),
        "conflict": small[dx * dy < 0].sum() / small.sum(),
        "overlap": small.sum() / large.sum(),
        "large_a": (abs(dx) > LARGE).mean(),
        "large_b": (abs(dy) > LARGE).mean(),
    }
    if x.ndim == 2:
        result["stable_rank_a"] = stable_rank(dx)
        result["stable_rank_b"] = stable_rank(dy)
    return {key: float(value) for key, value in result.items()}


def statistics(name):
    x = a[name].astype(np.float64)
    return {
        "min": x.min(),
        "max": x.max(),
        "mean": x.mean(),
        "standard_deviation": x.std(),
        "norm": np.linalg.norm(x),
        "zeros": int((x == 0).sum()),
        "histogram": np.histogram(x, bins=24)[0].tolist(),
    }


with open("Tests/ComparisonsTests/Goldens/differences.json", "w") as file:
    json.dump(
        {
            "differences": {name: difference(name) for name in TENSORS},
            "statistics": {name: statistics(name) for name in TENSORS},
        },
        file,
        indent=1,
    )
    file.write("\n")
