"""Makes adapters that train embedding and head of a model that has the two as one matrix, and what PEFT computes with them.

The expected weights are forward results of the adapted model as it was trained: what its embedding gives for each token,
and what its head gives for each unit vector. `merge_and_unload` is no source for them: it adds the low-rank updates of
both to the one matrix, after which the model computes something else. The last line printed for each kind says by how much
logits change there. Run it from anywhere with torch, transformers, peft and safetensors.
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

here = pathlib.Path(__file__).parent
base = here.parents[4] / "Fixtures" / "adapters" / "tied"


def tied():
    model = LlamaForCausalLM(
        LlamaConfig(
            hidden_size=8, intermediate_size=12, num_attention_heads=2, num_key_value_heads=1, vocab_size=24,
            max_position_embeddings=16, tie_word_embeddings=True, num_hidden_layers=1))
    model.load_state_dict(load_file(base / "model.safetensors"), strict=False)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    return model.eval()


kinds = {
    "both-updated": dict(target_modules=["embed_tokens", "lm_head"]),
    "both-whole": dict(target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"]),
    "embedding-updated-head-whole": dict(target_modules=["embed_tokens"], modules_to_save=["lm_head"]),
    "embedding-whole-head-updated": dict(target_modules=["lm_head"], modules_to_save=["embed_tokens"]),
    "both-updated-as-one": dict(target_modules=["embed_tokens", "lm_head"], ensure_weight_tying=True),
    "both-whole-as-one": dict(
        target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"], ensure_weight_tying=True),
}
tokens = torch.arange(12)[None]
for kind, settings in kinds.items():
    torch.manual_seed(sum(kind.encode()))
    folder = here / kind
    shutil.rmtree(folder, ignore_errors=True)
    model = get_peft_model(tied(), LoraConfig(r=2, lora_alpha=4, **settings))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += torch.randn_like(parameter) * 0.25
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink()
    path = folder / "adapter_config.json"
    known = json.loads(path.read_text())
    kept = ["base_model_name_or_path", "ensure_weight_tying", "lora_alpha", "modules_to_save", "peft_type", "r"]
    values = {key: known[key] for key in kept + ["target_modules"]}
    values["base_model_name_or_path"] = "tied"
    path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")
    trained = PeftModel.from_pretrained(tied(), folder).eval()
    with torch.no_grad():
        rows = trained.get_base_model().get_input_embeddings()(torch.arange(24))
        columns = trained.get_base_model().get_output_embeddings()(torch.eye(8)).T
        logits = trained(tokens).logits
        save_file(
            {"model.embed_tokens.weight": rows.contiguous(), "lm_head.weight": columns.contiguous()},
            folder / "expected.safetensors")
        merged = trained.merge_and_unload()(tokens).logits
    print(kind, list(load_file(folder / "adapter_model.safetensors")), "as one" if torch.allclose(rows, columns) else "apart")
    print("  after merge_and_unload logits differ by", (merged - logits).abs().max().item())
