"""Tiny random Llama checkpoints and what transformers computes with them in float32.

    python make_llama.py        # transformers 5.23, torch 2.15; writes one folder per kind beside itself

Each folder holds config.json, model.safetensors and golden.json:
  {"tokens": [...], "logprobs": [of each token but the first, given those before it], "generated": [12 greedy tokens]}
The tokens are longer than max_position_embeddings where the kind of rotary scaling depends on the length ("dynamic",
"longrope"), and "short" holds the same for the first 12 of them. Generation keeps keys and values, so that those of
early tokens stay as they were scaled first.
"""
import json, shutil
from pathlib import Path
import torch
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

HERE = Path(__file__).parent
BASE = dict(vocab_size=97, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=64, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=96, initializer_range=0.3)


def rope(kind, theta=10000.0, **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


KINDS = {
    "default": dict(rope_parameters=rope("default", 500.0)),
    "linear": dict(rope_parameters=rope("linear", factor=4.0)),
    "dynamic": dict(rope_parameters=rope("dynamic", factor=2.0), max_position_embeddings=16),
    "llama3": dict(rope_parameters=rope("llama3", 500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)),
    "yarn": dict(rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16)),
    "yarn-mscale": dict(rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=16.0, beta_slow=2.0, mscale=0.7, mscale_all_dim=1.2)),
    "longrope": dict(rope_parameters=rope("longrope", short_factor=[1.0, 1.1, 1.3, 1.6], long_factor=[1.0, 2.0, 4.0, 8.0], original_max_position_embeddings=16)),
    "tied": dict(tie_word_embeddings=True),
    "biases": dict(attention_bias=True, mlp_bias=True),
    # heads that do not fill the hidden size, an odd number of queries per key, sizes that are no multiples of anything
    "odd-sizes": dict(hidden_size=36, intermediate_size=51, num_attention_heads=6, num_key_value_heads=2, head_dim=10, vocab_size=131),
    "one-key-head": dict(num_key_value_heads=1, head_dim=24),
    "mistral": dict(sliding_window=None),
}


@torch.no_grad()
def golden(model, tokens):
    logp = model(input_ids=torch.tensor([tokens[:-1]]), use_cache=False).logits[0].log_softmax(-1)
    result = {"tokens": tokens, "logprobs": [round(logp[i, t].item(), 6) for i, t in enumerate(tokens[1:])]}
    past, step, new = None, tokens, []
    while len(new) < 12 and 96 not in new:
        out = model(input_ids=torch.tensor([step]), past_key_values=past, use_cache=True)
        past, step = out.past_key_values, [int(out.logits[0, -1].argmax())]
        new += step
    result["generated"] = new
    return result


for number, (name, more) in enumerate(KINDS.items()):
    torch.manual_seed(number)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    mistral = name == "mistral"
    config = (MistralConfig if mistral else LlamaConfig)(**{**BASE, **more})
    model = (MistralForCausalLM if mistral else LlamaForCausalLM)(config).eval()
    for key, parameter in model.named_parameters():
        if "norm" in key:
            torch.nn.init.normal_(parameter, 1.0, 0.2)
        elif "bias" in key:
            torch.nn.init.normal_(parameter, 0.0, 0.5)
    model.save_pretrained(folder)
    tokens = torch.randint(1, 96, (24,)).tolist()
    with torch.no_grad():
        result = golden(model, tokens)
        # A fresh model, because dynamic scaling remembers the longest text it has seen.
        result["short"] = golden(type(model).from_pretrained(folder).eval(), tokens[:12])
    (folder / "golden.json").write_text(json.dumps(result) + "\n")
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text())
    if name in ("linear", "llama3", "dynamic"):
        # The older dialect.
        parameters = config.pop("rope_parameters")
        config["rope_theta"] = parameters.pop("rope_theta")
        if name == "linear":
            parameters["type"] = parameters.pop("rope_type")
        config["rope_scaling"] = parameters
        config["torch_dtype"] = config.pop("dtype")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(name, result["generated"], sum(result["logprobs"]))
