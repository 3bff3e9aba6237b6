#!/usr/bin/env python3
"""Makes family c: Llamas of one layer with vocabularies of 10, 13 and 8 tokens, and what mergekit makes of them.

Family c is for merges of models whose embeddings and heads have different numbers of rows. Run in this folder with
mergekit 0.1.4 and pydantic 2.10 (mergekit 0.1.5 refuses such merges without a tokenizer option):

    python make_family.py

mergekit merges every spec in SPECS on the CPU; of each result only embedding and head are stored. The specs ask for
`allow_mismatch: truncate`, which is what mergekit does unasked; mergekit does not know the key and ignores it.
"""
import builtins
import json
import os
import tempfile
from pathlib import Path

import torch
import yaml

builtins.torch = torch  # mergekit 0.1.4 names it in annotations that pydantic resolves without its imports.
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
HIDDEN = 4
VOCABULARIES = {"base": 10, "wide": 13, "other": 13, "narrow": 8}
KEPT = ["model.embed_tokens.weight", "lm_head.weight"]


def config(vocabulary):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": 4,
        "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1, "vocab_size": vocabulary,
        "tie_word_embeddings": False, "torch_dtype": "float32",
    }


def tensors(vocabulary, generator):
    shapes = {name: (vocabulary, HIDDEN) for name in KEPT}
    shapes["model.norm.weight"] = (HIDDEN,)
    for name in ["input_layernorm", "post_attention_layernorm"]: shapes[f"model.layers.0.{name}.weight"] = (HIDDEN,)
    for name in ["self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "mlp.gate", "mlp.up", "mlp.down"]:
        shapes[f"model.layers.0.{name}_proj.weight"] = (HIDDEN, HIDDEN)
    return {name: torch.randn(shape, generator=generator) * 0.2 for name, shape in sorted(shapes.items())}


def model(name, **parameters):
    return {"model": f"./{name}", **({"parameters": parameters} if parameters else {})}


def spec(method, models, base=False, **parameters):
    result = {"merge_method": method, "models": models}
    if base: result["base_model"] = "./base"
    if parameters: result["parameters"] = parameters
    return {**result, "dtype": "float32", "allow_mismatch": "truncate"}


SPECS = {
    "linear": spec("linear", [model("wide", weight=0.25), model("narrow", weight=1.0), model("base", weight=0.5)]),
    "slerp": spec("slerp", [model("base"), model("wide")], base=True, t=0.3),
    "nuslerp": spec("nuslerp", [model("wide", weight=1.0), model("narrow", weight=2.0)]),
    "model-stock": spec("model_stock", [model("wide"), model("other")], base=True),
    "task-arithmetic": spec("task_arithmetic", [model("wide", weight=0.5), model("other", weight=0.25)], base=True),
    "ties": spec("ties", [model("wide", weight=0.5, density=0.5), model("other", weight=1.0)], base=True),
}


def main():
    os.chdir(HERE)
    generator = torch.Generator().manual_seed(6)
    for name, vocabulary in VOCABULARIES.items():
        (HERE / name).mkdir(exist_ok=True)
        save_file(tensors(vocabulary, generator), HERE / name / "model.safetensors", {"format": "pt"})
        (HERE / name / "config.json").write_text(json.dumps(config(vocabulary), indent=1) + "\n")
    for name, content in SPECS.items():
        golden = HERE / "golden" / name
        golden.mkdir(parents=True, exist_ok=True)
        (golden / "spec.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        with tempfile.TemporaryDirectory() as out:
            options = MergeOptions(copy_tokenizer=False, random_seed=1, quiet=True)
            run_merge(MergeConfiguration.model_validate(content), out, options)
            merged = {}
            for shard in Path(out).glob("model*.safetensors"): merged |= load_file(shard)
        save_file({k: merged[k].contiguous() for k in KEPT}, golden / "golden.safetensors")
        print(name, {k: tuple(merged[k].shape) for k in KEPT})


main()
