"""Makes tf-bert/ and tf-gpt2/: tiny models of Hugging Face's PyTorch classes in the layout of its TensorFlow classes.

python3 make_tensorflow.py    (torch 2.9, transformers 5, h5py 3.16; writes beside itself)

transformers wrote such files up to version 4 by Keras 2: a group for each layer of the model with an attribute
weight_names, the weights under these names inside, kernels with inputs first, "layer_._0" for the parts of a list,
"mlm___cls" for layers whose attribute has another name. expected.safetensors is what PyTorch has.
"""

import pathlib
import re

import h5py
import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

here = pathlib.Path(__file__).parent
torch.manual_seed(3)


def tensorflow_name(name, tensor, rename):
    """The scopes and the array of a PyTorch weight."""
    scopes = re.sub(r"\.(\d+)\.", r"_,_\1.", rename(name)).split(".")
    scopes = [scope.replace("_,_", "_._") for scope in scopes]
    array = tensor.detach().numpy()
    parent, kind = scopes[-2], scopes[-1]
    if "norm" in parent.lower() or parent.startswith("ln_"):
        scopes[-1] = {"weight": "gamma", "bias": "beta"}[kind]
    elif parent.endswith("position_embeddings") or parent.endswith("token_type_embeddings") or parent == "wpe":
        scopes[-1] = "embeddings"
    elif parent.startswith("c_"):
        if kind == "bias":
            array = array.reshape(1, -1)
    elif kind == "weight" and parent not in ("word_embeddings", "wte"):
        scopes[-1] = "kernel"
        array = array.T
    return "/".join(scopes) + ":0", array


def write(folder, model, scope, rename=lambda name: name, left_out=(), **options):
    folder.mkdir(exist_ok=True)
    model.config.save_pretrained(folder)
    state = {k: v for k, v in model.state_dict().items() if not any(re.search(p, k) for p in left_out)}
    save_file({k: np.ascontiguousarray(v.numpy()) for k, v in state.items()}, folder / "expected.safetensors")
    layers = {}
    for name, tensor in state.items():
        path, array = tensorflow_name(name, tensor, rename)
        layers.setdefault(path.split("/")[0], {})[scope + "/" + path] = array
    with h5py.File(folder / "tf_model.h5", "w", **options) as f:
        f.attrs["layer_names"] = np.array([name.encode() for name in layers])
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = b"2.9.0"
        for layer, weights in layers.items():
            group = f.create_group(layer)
            group.attrs["weight_names"] = np.array([name.encode() for name in weights])
            for name, array in weights.items():
                group[name] = array


bert = BertForMaskedLM(
    BertConfig(
        vocab_size=7, hidden_size=4, num_hidden_layers=1, num_attention_heads=2, intermediate_size=6,
        max_position_embeddings=5,
    )
)
for parameter in bert.parameters():
    torch.nn.init.normal_(parameter)
write(
    here / "tf-bert", bert, "tf_bert_for_masked_lm", lambda name: re.sub("^cls", "mlm___cls", name),
    left_out=[r"position_ids", r"decoder\."], libver=("v110", "v110"))
gpt2 = GPT2LMHeadModel(GPT2Config(vocab_size=7, n_positions=5, n_embd=4, n_layer=1, n_head=2, n_inner=6))
for parameter in gpt2.parameters():
    torch.nn.init.normal_(parameter)
write(here / "tf-gpt2", gpt2, "tfgp_t2lm_head_model", left_out=[r"lm_head", r"\.attn\.bias", r"masked_bias"])
