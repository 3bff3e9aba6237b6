#!/usr/bin/env python3
"""Makes three small Llamas whose vocabularies differ, and what mergekit and tokenizers make of them.

    python make_vocabularies.py [OUT]

Run with mergekit 0.1.5 and tokenizers 0.23. `base` has a byte-level BPE vocabulary over a few letters, and more rows
than tokens; `longer` has the same merges and more after them, other ids, and an added token; `foreign` was trained on
other text, in part in letters that base does not know. `golden.json` holds, for every spec in SPECS, a number for each
token's row of embedding and head (its elements times 1, 2, … summed up; all are small multiples of 1/8), and the
tokens that the tokenizers library gives for TEXTS. The tokenizer that Braid makes is compared with these.
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
HIDDEN = 8
ENGLISH = """the cat sat on the mat and the hat
a man and a ten ton tan hen met the other one that then sent them to the north
no one at the end has seen that ocean and a stone and another
rain on the train in a main street is not a rare matter of the heart"""
MIXED = """der hund rennt und der mann sitzt am sand
die tanne steht dort und er hat das rad
дом и дом и сад в саду дома
сад и дом вода и вода"""
TEXTS = [
    "the cat sat on the mat", "another train in the rain", "that is not the end of the ocean", " the the\n the",
    "der hund steht im sand", "дом вода сад", "the cat <|im_end|>", "<s> a man", "и саду tanne", "tttt hhhh", "",
]


def tokenizer(text, size, added, begin=None):
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        text.split("\n"), trainers.BpeTrainer(vocab_size=size, special_tokens=["<s>", "</s>"], show_progress=False))
    bpe.add_tokens(added)
    if begin:
        bpe.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", bpe.token_to_id("<s>"))])
    return bpe


def renumbered(bpe, order):
    """The same tokenizer with its ordinary tokens in another order."""
    value = json.loads(bpe.to_str())
    old = value["model"]["vocab"]
    names = sorted(old, key=old.get)
    fixed, free = names[:2], names[2:]
    free.sort(key=order)
    value["model"]["vocab"] = {name: number for number, name in enumerate(fixed + free)}
    return Tokenizer.from_str(json.dumps(value))


def model(out, name, bpe, rows, seed, **settings):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    fast = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", **settings)
    fast.save_pretrained(folder)
    # One line is enough for programs.
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()), ensure_ascii=False, separators=(",", ":")))
    random = torch.Generator().manual_seed(seed)

    def tensor(*shape):
        return torch.randint(-16, 17, shape, generator=random).float() / 8

    tensors = {"model.embed_tokens.weight": tensor(rows, HIDDEN), "lm_head.weight": tensor(rows, HIDDEN),
               "model.norm.weight": tensor(HIDDEN)}
    for part in ["input_layernorm", "post_attention_layernorm"]:
        tensors[f"model.layers.0.{part}.weight"] = tensor(HIDDEN)
    for part in ["q_proj", "k_proj", "v_proj", "o_proj"]:
        tensors[f"model.layers.0.self_attn.{part}.weight"] = tensor(HIDDEN, HIDDEN)
    for part in ["gate_proj", "up_proj", "down_proj"]:
        tensors[f"model.layers.0.mlp.{part}.weight"] = tensor(HIDDEN, HIDDEN)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    eos = fast.convert_tokens_to_ids(settings.get("pad_token", "</s>"))
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN,
        "intermediate_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
        "vocab_size": rows, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "tie_word_embeddings": False, "torch_dtype": "float32", "hidden_act": "silu", "bos_token_id": 0,
        "eos_token_id": eos,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    generation = {"bos_token_id": 0, "eos_token_id": [1, eos] if eos != 1 else 1}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")


BASE, LONGER, FOREIGN = {"model": "./base"}, {"model": "./longer"}, {"model": "./foreign"}


def spec(models, base="./base", **more):
    result = {"merge_method": "linear", "models": [{**m, "parameters": {"weight": w}} for m, w in models]}
    if base: result["base_model"] = base
    return {**result, "dtype": "float32", **more}


TWO = [(BASE, 1), (LONGER, 3)]
THREE = [(BASE, 1), (LONGER, 2), (FOREIGN, 1)]
SPECS = {
    "union": spec(THREE, tokenizer_source="union"),
    "base": spec(THREE, tokenizer_source="base"),
    "model": spec(TWO, tokenizer_source="./longer"),
    "mean": spec([(BASE, 1), (LONGER, 2), (FOREIGN, 1)], tokenizer={"source": "./foreign"}),
    "tokens": spec(TWO, tokenizer={"source": "union", "tokens": {
        "<|im_end|>": {"source": "./longer", "force": True},
        "</s>": {"source": {"kind": "model_token", "model": "./longer", "token": "<|im_end|>"}, "force": True},
        "<|new|>": {"source": {"kind": "model_token", "model": "./base", "token_id": 5}},
        "Ġthe": {"source": "./base", "force": True},
    }}),
    "padded": spec(TWO, tokenizer={"source": "union", "pad_to_multiple_of": 16}),
}


def signature(row):
    return float((row * torch.arange(1, HIDDEN + 1)).sum())


def merged(out, name, value):
    text = yaml.safe_dump(value)
    for model in ["base", "longer", "foreign"]: text = text.replace(f"./{model}", str(out / model))
    with tempfile.TemporaryDirectory() as folder:
        run_merge(MergeConfiguration.model_validate(yaml.safe_load(text)), folder, options=MergeOptions())
        tensors = load_file(Path(folder) / "model.safetensors")
        bpe = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    embedding, head = tensors["model.embed_tokens.weight"], tensors["lm_head.weight"]
    rows = {token: [signature(embedding[number]), signature(head[number])]
            for token, number in sorted(bpe.get_vocab().items(), key=lambda entry: entry[1])}
    result = {"spec": value, "rows": rows}
    if len(embedding) > bpe.get_vocab_size():
        result["count"] = len(embedding)
        result["padding"] = [[signature(m[i]) for m in (embedding, head)]
                             for i in range(bpe.get_vocab_size(), len(embedding))]
    return result


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    base = tokenizer(ENGLISH, 52, [], begin=True)
    longer = renumbered(tokenizer(ENGLISH, 66, [], begin=True), lambda token: token[::-1])
    longer.add_special_tokens(["<|im_end|>"])
    longer.add_tokens([AddedToken("<think>", lstrip=True, normalized=False)])
    foreign = tokenizer(MIXED, 64, [AddedToken("<think>", normalized=False)])
    model(out, "base", base, 56, 1)
    model(out, "longer", longer, longer.get_vocab_size(), 2, pad_token="<|im_end|>",
          chat_template="{% for message in messages %}{{ message['content'] }}<|im_end|>{% endfor %}")
    model(out, "foreign", foreign, foreign.get_vocab_size(), 3)
    encodings = {name: [bpe.encode(text).tokens for text in TEXTS]
                 for name, bpe in [("base", base), ("longer", longer), ("foreign", foreign)]}
    goldens = {"texts": TEXTS, "encodings": encodings,
               "merges": {name: merged(out, name, value) for name, value in SPECS.items()}}
    lines = []
    for key, value in goldens.items():
        if key == "texts":
            lines.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        else:
            entries = [f"  {json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in value.items()]
            lines.append(f"{json.dumps(key)}: {{\n" + ",\n".join(entries) + "\n}")
    (out / "golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
