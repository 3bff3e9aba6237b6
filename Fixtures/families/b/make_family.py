#!/usr/bin/env python3
"""Makes family b: a Llama of 888 parameters, three models that differ from it, and what mergekit makes of them.

Family b is for merge methods that family a's reference merges do not cover. Run in this folder with mergekit 0.1.5:

    python make_family.py [NAME...]

mergekit merges every spec in SPECS on the CPU; of each result only the tensors in KEPT are stored, which have all
the shapes of the model. The models differ from the base in about half of their elements, so that methods which look at
who has changed an element find all cases.
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
A, B, C = {"model": "./a"}, {"model": "./b"}, {"model": "./c"}


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
    for name, content in SPECS.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]: continue
        golden = HERE / "golden" / name
        golden.mkdir(parents=True, exist_ok=True)
        (golden / "spec.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        with tempfile.TemporaryDirectory() as out:
            configuration = MergeConfiguration.model_validate(content)
            run_merge(configuration, out, MergeOptions(copy_tokenizer=False, random_seed=1, quiet=True))
            merged = load_file(Path(out) / "model.safetensors") if (Path(out) / "model.safetensors").exists() else {}
            for shard in Path(out).glob("model-*.safetensors"): merged |= load_file(shard)
        save_file({k: merged[k] for k in KEPT}, golden / "golden.safetensors")
        print(name, {str(merged[k].dtype) for k in KEPT})


main()
