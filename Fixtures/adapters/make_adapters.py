"""Makes tiny models, LoRA adapters of every kind for them, and what PEFT makes of both.

python3 make_adapters.py    (needs torch, transformers, peft, safetensors; made with peft 0.21.2; writes beside itself)

BASE/            a model: model.safetensors and config.json, float32
KIND/            an adapter as PEFT saves it, with random matrices of both halves
expected/KIND    the tensors that differ from the base after merge_and_unload
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

here = pathlib.Path(__file__).parent
torch.manual_seed(7)


class Experts(torch.nn.Module):
    """Two stacks of matrices without a module for each, as mixtures of experts have them."""

    def __init__(self, transposed):
        super().__init__()
        self.is_transposed = transposed
        first, second = ((3, 6, 8), (3, 4, 6)) if transposed else ((3, 8, 6), (3, 6, 4))
        self.gate_up_proj = torch.nn.Parameter(torch.randn(first))
        self.down_proj = torch.nn.Parameter(torch.randn(second))


class Odd(torch.nn.Module):
    """What the two language models lack: convolutions, stacked experts, a linear layer with a bias."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.point = torch.nn.Conv1d(4, 5, 1)
        self.mlp = torch.nn.Module()
        self.mlp.experts = Experts(False)
        self.turned = torch.nn.Module()
        self.turned.experts = Experts(True)
        self.dense = torch.nn.Linear(5, 6)

    def forward(self, x):
        return self.dense(self.point(self.conv(x)))


def llama(**changes):
    return LlamaForCausalLM(
        LlamaConfig(
            hidden_size=8, intermediate_size=12, num_attention_heads=2, num_key_value_heads=1, vocab_size=24,
            max_position_embeddings=16, **{"tie_word_embeddings": False, "num_hidden_layers": 2, **changes}))


def gpt2():
    return GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=24, n_positions=8))


def scatter(model):
    """Random weights everywhere, so that nothing is zero or one."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    return model


def tensors(model):
    return {name: tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()}


def save_base(name, model, names=None):
    folder = here / name
    folder.mkdir(exist_ok=True)
    state = tensors(model)
    if names is not None:
        state = {names(key): value for key, value in state.items() if names(key)}
    save_file(state, folder / "model.safetensors")
    if hasattr(model, "config"):
        config = model.config.to_dict()
        kept = ["architectures", "model_type", "hidden_size", "num_hidden_layers", "n_layer", "vocab_size"]
        kept.append("tie_word_embeddings")
        values = {key: config[key] for key in kept if key in config}
        values["architectures"] = [type(model).__name__]
        (folder / "config.json").write_text(json.dumps(values, indent=2) + "\n")
    return state


uninteresting = ["auto_mapping", "inference_mode", "megatron_core", "qalora_group_size", "peft_version"]


def adapter(kind, base, make, state, names=None, dtype=None, form=None, **settings):
    """Saves an adapter with random weights, merges it with PEFT, and keeps what changed."""
    torch.manual_seed(sum(kind.encode()))
    model = make()
    loaded = model.state_dict()
    back = {names(key) if names else key: key for key in loaded}
    model.load_state_dict({back[key]: value for key, value in state.items()}, strict=False)
    peft = get_peft_model(model, LoraConfig(**{"base_model_name_or_path": base, **settings}))
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_" in name or "modules_to_save" in name or parameter.requires_grad:  # trained rows among them
                value = torch.randn_like(parameter) * 0.4
                parameter.copy_(value.abs() + 0.5 if "magnitude" in name else value)
                if dtype and "lora_" in name:
                    parameter.copy_(parameter.to(dtype).float())
    folder = here / kind
    shutil.rmtree(folder, ignore_errors=True)
    peft.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    kept = {key: value for key, value in config.items() if value and key not in uninteresting}
    kept["base_model_name_or_path"] = base
    (folder / "adapter_config.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    if dtype or form:
        weights = load_file(folder / "adapter_model.safetensors")
        weights = {key: value.to(dtype) if dtype else value for key, value in weights.items()}
        (folder / "adapter_model.safetensors").unlink()
        if form == "bin":
            torch.save(weights, folder / "adapter_model.bin")
        elif form == "state":
            # As programs save it that take the state of the wrapped model for the adapter.
            marks = ["lora_", "modules_to_save", "token_adapter"]
            state_names = [key for key in peft.state_dict() if any(mark in key for mark in marks)]
            save_file({key: peft.state_dict()[key].contiguous() for key in state_names},
                      folder / "adapter_model.safetensors")
        else:
            save_file(weights, folder / "adapter_model.safetensors")
    merged = tensors(peft.merge_and_unload())
    if names:
        merged = {names(key): value for key, value in merged.items() if names(key)}
    changed = {}
    for name, value in merged.items():
        if name not in state or not torch.equal(value, state[name]):
            changed[name] = value.contiguous()
    (here / "expected").mkdir(exist_ok=True)
    save_file(changed, here / "expected" / f"{kind}.safetensors")
    print(kind, len(changed), sorted(changed)[:3])


state = save_base("llama", scatter(llama()))
attention = ["q_proj", "v_proj"]
adapter("plain", "llama", llama, state, r=2, lora_alpha=5, target_modules=["q_proj", "down_proj"])
adapter(
    "patterns", "llama", llama, state, r=2, lora_alpha=4, use_rslora=True, target_modules=attention,
    rank_pattern={"layers.1.self_attn.q_proj": 3, "v_proj": 1}, alpha_pattern={r"^model\.layers\.[1-9]\d*\..*q_proj": 7})
adapter(
    "dora", "llama", llama, state, r=2, lora_alpha=3, use_dora=True, target_modules=["0.self_attn.o_proj", "embed_tokens"])
adapter("embeddings", "llama", llama, state, r=2, lora_alpha=4, target_modules=["embed_tokens", "lm_head"])
adapter(
    "whole-modules", "llama", llama, state, r=1, lora_alpha=1, target_modules=["k_proj"],
    modules_to_save=["lm_head", "1.input_layernorm"], layers_to_transform=[1])
adapter(
    "bfloat16-bin", "llama", llama, state, dtype=torch.bfloat16, form="bin", r=2, lora_alpha=4,
    target_modules=["0.mlp.gate_proj"])
adapter(
    "whole-state", "llama", llama, state, form="state", r=1, lora_alpha=2, target_modules=["0.mlp.up_proj"],
    modules_to_save=["model.norm"])
adapter(
    "tokens", "llama", llama, state, r=1, lora_alpha=2, target_modules=["0.mlp.up_proj"],
    trainable_token_indices=[5, 23, 3])
adapter(
    "tokens-by-module", "llama", llama, state, form="state", r=1, lora_alpha=2, target_modules=["0.mlp.up_proj"],
    trainable_token_indices={"embed_tokens": [0, 7], "lm_head": [9, 2, 8]})

# The checkpoint of GPT-2 has neither the first word of the names nor a head.
short = lambda name: None if name == "lm_head.weight" else name.removeprefix("transformer.")
state = save_base("gpt2", scatter(gpt2()), short)
# The configuration of the older models says nothing about the head, and means that it is shared.
path = here / "gpt2" / "config.json"
path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k[0:3] != "tie"}, indent=2) + "\n")
adapter(
    "conv1d", "gpt2", gpt2, state, short, r=2, lora_alpha=3, fan_in_fan_out=True, bias="all",
    target_modules=["c_attn", "attn.c_proj"])
adapter(
    "conv1d-dora", "gpt2", gpt2, state, short, r=2, lora_alpha=3, fan_in_fan_out=True, bias="lora_only", use_dora=True,
    target_modules=["attn.c_proj", "c_fc"])

state = save_base("odd", scatter(Odd()))
adapter("convolutions", "odd", Odd, state, r=2, lora_alpha=3, target_modules=["conv", "point"])
adapter("convolutions-dora", "odd", Odd, state, r=2, lora_alpha=3, use_dora=True, target_modules=["conv"])
adapter("lora-bias", "odd", Odd, state, r=2, lora_alpha=3, lora_bias=True, target_modules=["dense"])
adapter(
    "experts", "odd", Odd, state, r=2, lora_alpha=3, target_modules=[],
    target_parameters=["mlp.experts.gate_up_proj", "mlp.experts.down_proj"])
adapter(
    "experts-inputs-first", "odd", Odd, state, r=2, lora_alpha=3, target_modules=[],
    target_parameters=["turned.experts.gate_up_proj", "turned.experts.down_proj"])

# One matrix as embedding and head: the adapter is merged into a model in which they are two, as it was trained.
state = save_base("tied", scatter(llama(tie_word_embeddings=True, num_hidden_layers=1)),
                  lambda name: None if name == "lm_head.weight" else name)
parted = lambda: llama(num_hidden_layers=1)
both = {**state, "lm_head.weight": state["model.embed_tokens.weight"].clone()}
adapter("tied-embedding", "tied", parted, both, r=2, lora_alpha=4, target_modules=["embed_tokens"])
adapter("tied-head", "tied", parted, both, r=2, lora_alpha=4, target_modules=["lm_head"])
adapter(
    "tied-whole-embedding", "tied", parted, both, r=1, lora_alpha=1, target_modules=["q_proj"],
    modules_to_save=["embed_tokens"])
tied = lambda: llama(num_hidden_layers=1, tie_word_embeddings=True)
adapter(
    "tied-tokens", "tied", tied, state, lambda name: None if name == "lm_head.weight" else name, r=1, lora_alpha=2,
    target_modules=["up_proj"], trainable_token_indices=[1, 20])
