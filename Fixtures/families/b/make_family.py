#!/usr/bin/env python3
"""Makes family b: a Llama of 888 parameters, four models that differ from it, and what mergekit makes of them.

Family b is for merge methods that family a's reference merges do not cover. Run in this folder with mergekit 0.1.5:

    python make_family.py [NAME...]

mergekit merges every spec in SPECS on the CPU; of each result only the tensors in KEPT are stored, which have all
the shapes of the model; of those in SETTINGS the ones in FEW. Models a, b and c differ from the base in about half of
their elements, so that methods which look at who has changed an element find all cases. Model d is for the corners of
methods that look at angles: its embedding is nearly parallel to the base's, its down projection nearly opposite, its
norm zero.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
HIDDEN, INTERMEDIATE, VOCABULARY = 8, 12, 20
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN,
    "intermediate_size": INTERMEDIATE, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
    "vocab_size": VOCABULARY, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": False, "torch_dtype": "float32", "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2,
}
SHAPES = {
    "lm_head.weight": (VOCABULARY, HIDDEN), "model.embed_tokens.weight": (VOCABULARY, HIDDEN),
    "model.norm.weight": (HIDDEN,),
    "model.layers.0.input_layernorm.weight": (HIDDEN,), "model.layers.0.post_attention_layernorm.weight": (HIDDEN,),
    "model.layers.0.mlp.down_proj.weight": (HIDDEN, INTERMEDIATE),
    "model.layers.0.mlp.gate_proj.weight": (INTERMEDIATE, HIDDEN),
    "model.layers.0.mlp.up_proj.weight": (INTERMEDIATE, HIDDEN),
    **{f"model.layers.0.self_attn.{p}_proj.weight": (HIDDEN, HIDDEN) for p in "qkvo"},
}
KEPT = [
    "model.embed_tokens.weight", "model.norm.weight", "model.layers.0.mlp.down_proj.weight",
    "model.layers.0.self_attn.q_proj.weight",
]
FEW = ["model.norm.weight", "model.layers.0.mlp.down_proj.weight", "model.layers.0.self_attn.q_proj.weight"]
BASE, A, B, C, D = ({"model": f"./{name}"} for name in ("base", "a", "b", "c", "d"))


def with_(model, **parameters):
    return {**model, "parameters": parameters}


def spec(method, models, base=False, **parameters):
    result = {"merge_method": method, "models": models}
    if base: result["base_model"] = "./base"
    if parameters: result["parameters"] = parameters
    return {**result, "dtype": "float32"}


WEIGHTED = [with_(A, weight=0.5), with_(B, weight=1.0), with_(C, weight=0.25)]
SPECS = {
    "multislerp": spec("multislerp", WEIGHTED),
    "multislerp-base": spec("multislerp", WEIGHTED, base=True),
    "multislerp-unnormalized-eps": spec("multislerp", WEIGHTED, normalize_weights=False, eps=0.01),
    "karcher": spec("karcher", [A, B, C]),
    "karcher-two-steps": spec("karcher", [A, B, C], max_iter=2, tol=1e-9),
    "nearswap": spec("nearswap", [A], base=True, t=0.05),
    "dare-linear-density-1": spec("dare_linear", WEIGHTED, base=True, normalize=True, **{"lambda": 0.7}),
    "dare-ties-density-1": spec("dare_ties", WEIGHTED, base=True),
    "della-density-1": spec("della", WEIGHTED, base=True),
    "della-linear-density-1": spec("della_linear", WEIGHTED, base=True),
    "sce": spec("sce", [A, B, C], base=True),
    "sce-topk": spec("sce", [A, B, C], base=True, select_topk=0.4),
    "ram": spec("ram", [A, B, C], base=True),
    "ram-epsilon": spec("ram", [A, B, C], base=True, epsilon=0.02),
    "ramplus": spec("ramplus_tl", [A, B, C], base=True),
    "ramplus-alpha": spec("ramplus_tl", [A, B, C], base=True, epsilon=0.02, r=0.5, alpha=5.0),
}

# Thresholds that fall between elements in every tensor, and mergekit's assertion on tensors that would keep none avoided.
TINY = [{"filter": "norm", "value": 0.3}, {"value": 0.02}]
# mergekit zeroes the whole difference of a vector too short to lose an outlier.
WHOLE_NORMS = [{"filter": "norm", "value": 1.0}, {"value": 0.6}]


def trimmed(density, *weights, **more):
    return [with_(m, weight=w, density=density, **more) for m, w in zip((A, B, C, D), weights)]


TASK_VECTORS = {
    "task-arithmetic-negative": spec("task_arithmetic", trimmed(1.0, 0.8, -0.4), base=True, normalize=True,
                                     **{"lambda": 0.5}),
    "task-arithmetic-zero-sum": spec("task_arithmetic", trimmed(1.0, 0.5, -0.5), base=True, normalize=True),
    "ties-negative": spec("ties", trimmed(0.5, 0.6, -0.5, 0.7), base=True),
    "ties-unnormalized-lambda": spec("ties", trimmed(0.5, 0.6, 0.5), base=True, normalize=False, **{"lambda": 0.7}),
    "ties-rescale": spec("ties", trimmed(0.3, 0.6, 0.5, 0.7), base=True, rescale=True),
    "ties-tiny-density": spec("ties", trimmed(TINY, 0.6, 0.5, 0.7), base=True, int8_mask=True),
    "ties-density-1": spec("ties", trimmed(1.0, 0.6, 0.5), base=True),
    "ties-four": spec("ties", trimmed(0.4, 0.6, 0.5, 0.7, 0.2), base=True),
    "ties-gradient": spec("ties", trimmed([0.3, 0.5, 0.7], 0.6, 0.5), base=True),
    "dare-linear-density-0": spec("dare_linear", trimmed(0.0, 0.6, 0.5), base=True),
    "dare-ties-rescale-off": spec("dare_ties", trimmed(1.0, 0.6, -0.5, 0.7), base=True, rescale=False, normalize=True),
    "della-density-0": spec("della", trimmed(0.0, 0.6, 0.5), base=True),
    "della-linear-normalize": spec("della_linear", trimmed(1.0, 0.6, 0.5), base=True, normalize=True,
                                   **{"lambda": 1.5}),
    "breadcrumbs-normalize": spec("breadcrumbs", trimmed(WHOLE_NORMS, 0.6, 0.5, gamma=0.05), base=True, normalize=True),
    "breadcrumbs-ties-rescale": spec("breadcrumbs_ties", trimmed(WHOLE_NORMS, 0.6, 0.5, 0.7, gamma=0.1), base=True,
                                     rescale=True, normalize=True),
    "breadcrumbs-overfull": spec("breadcrumbs", trimmed(0.8, 0.6, 0.5, gamma=0.4), base=True),
    "sce-topk-tiny": spec("sce", [A, B], base=True, select_topk=0.05, int8_mask=True),
    "sce-topk-zero": spec("sce", [A, B], base=True, select_topk=0.0),
    "ram-two": spec("ram", [A, B], base=True, epsilon=0.03),
    "ramplus-shrinking": spec("ramplus_tl", [A, B, C, D], base=True, r=-0.3, alpha=2.0),
    "arcee-fusion": spec("arcee_fusion", [A], base=True),
    "arcee-fusion-far": spec("arcee_fusion", [D], base=True),
}
SPANS = {
    "linear-negative": spec("linear", [with_(A, weight=0.5), with_(B, weight=-0.3)], normalize=False),
    "linear-four": spec("linear", [with_(m, weight=w) for m, w in zip((A, B, C, D), (0.5, 1.0, 0.25, -0.5))]),
    "linear-gradient": spec("linear", [with_(A, weight=[0.2, 0.6, 1.0]), with_(B, weight=[
        {"filter": "self_attn", "value": [1.0, 0.3]}, {"value": 0.5}])]),
    "slerp-corners": spec("slerp", [D], base=True, t=0.3),
    "slerp-beyond": spec("slerp", [A], base=True, t=1.4),
    "nuslerp": spec("nuslerp", [with_(A, weight=0.3), with_(B, weight=0.9)]),
    "nuslerp-rows": spec("nuslerp", [with_(A, weight=0.3), with_(B, weight=0.9)], nuslerp_flatten=False),
    "nuslerp-columns": spec("nuslerp", [with_(A, weight=0.3), with_(B, weight=0.9)], nuslerp_flatten=False,
                            nuslerp_row_wise=True),
    "nuslerp-base": spec("nuslerp", [with_(A, weight=0.3), with_(B, weight=0.9)], base=True),
    "nuslerp-base-columns": spec("nuslerp", [with_(A, weight=0.3), with_(B, weight=0.9)], base=True,
                                 nuslerp_flatten=False, nuslerp_row_wise=True),
    "nuslerp-zero-sum": spec("nuslerp", [with_(A, weight=1.0), with_(B, weight=-1.0)]),
    "multislerp-two": spec("multislerp", [with_(A, weight=0.3), with_(B, weight=0.9)]),
    "multislerp-base-four": spec("multislerp", trimmed(1.0, 0.5, 1.0, 0.25, 0.1), base=True, normalize_weights=False),
    "karcher-corners": spec("karcher", [A, D, BASE], max_iter=100),
    "model-stock": spec("model_stock", [A, B, C], base=True),
    "model-stock-two": spec("model_stock", [A, B], base=True, filter_wise=True),
    "nearswap-far": spec("nearswap", [D], base=True, t=0.5),
    "passthrough-scale": spec("passthrough", [with_(A, scale=[{"filter": "down_proj", "value": 0.0}, {"value": 1.5}])]),
}
SETTINGS = {**TASK_VECTORS, **SPANS}
for content in SETTINGS.values():
    for model in content["models"]:
        if content["merge_method"] not in ("ties", "breadcrumbs", "breadcrumbs_ties", "della", "della_linear",
                                           "dare_linear", "dare_ties"): model.get("parameters", {}).pop("density", None)


def write_model(folder, tensors):
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")


def main():
    os.chdir(HERE)
    generator = torch.Generator().manual_seed(4)
    base = {name: torch.randn(shape, generator=generator) * 0.2 for name, shape in sorted(SHAPES.items())}
    write_model(HERE / "base", base)
    for model in "abc":
        changed = {}
        for name, tensor in base.items():
            moved = torch.randn(tensor.shape, generator=generator) * 0.05
            changed[name] = tensor + moved * (torch.rand(tensor.shape, generator=generator) < 0.55)
        write_model(HERE / model, changed)
    # Drawn after the others, so that they stay as they are.
    moved = {name: torch.randn(tensor.shape, generator=generator) * 0.05 for name, tensor in base.items()}
    d = {name: tensor + moved[name] for name, tensor in base.items()}
    near = {name: tensor + moved[name] * 0.01 for name, tensor in base.items()}
    d["model.embed_tokens.weight"] = near["model.embed_tokens.weight"] * 1.5
    d["model.layers.0.mlp.down_proj.weight"] = near["model.layers.0.mlp.down_proj.weight"] * -0.8
    d["model.norm.weight"] = torch.zeros_like(base["model.norm.weight"])
    write_model(HERE / "d", d)
    for name, content in (SPECS | SETTINGS).items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]: continue
        golden = HERE / "golden" / name
        golden.mkdir(parents=True, exist_ok=True)
        (golden / "spec.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        with tempfile.TemporaryDirectory() as out:
            configuration = MergeConfiguration.model_validate(content)
            run_merge(configuration, out, MergeOptions(copy_tokenizer=False, random_seed=1, quiet=True))
            merged = load_file(Path(out) / "model.safetensors") if (Path(out) / "model.safetensors").exists() else {}
            for shard in Path(out).glob("model-*.safetensors"): merged |= load_file(shard)
        kept = FEW if name in SETTINGS else KEPT
        # mergekit's result is float32 throughout for some methods, whatever the dtype.
        save_file({k: merged[k].contiguous() for k in kept}, golden / "golden.safetensors")
        print(name, {str(merged[k].dtype) for k in kept})


main()
