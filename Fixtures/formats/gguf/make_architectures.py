"""What llama.cpp's own converter makes of a tiny model of each architecture: names, shapes, digests and metadata.

    python make_architectures.py LLAMA_CPP        # the sources of llama.cpp, torch, transformers 5; writes architectures.json beside itself

For each architecture: "config", the members of config.json that say something; "metadata" of the file; "tensors", each
as [name in the file, shape, digest of its float32 elements]; "shapes", the tensors at Hugging Face.

No weights are kept: element i of the tensor NAME is made from both, see `elements`, so that tests can make it again. All
elements are multiples of 2^-18, so that adding 1 to them is exact.
"""
import json, logging, sys, tempfile, warnings
from pathlib import Path
import numpy as np

warnings.filterwarnings("ignore")
VENDOR = Path(sys.argv[1])
sys.path[:0] = [str(VENDOR / "gguf-py"), str(VENDOR)]
import gguf, torch, transformers as hf
import conversion
from conversion.base import ModelBase, ModelType, get_model_architecture
from safetensors.numpy import load_file, save_file

logging.disable(logging.ERROR)
HERE = Path(__file__).parent


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def elements(name, shape):
    count = int(np.prod(shape))
    x = np.uint64(fnv(name.encode())) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return (((x >> np.uint64(48)).astype(np.float64) - 32768) / 2**18).astype(np.float32).reshape(shape)


sizes = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, vocab_size=20,
             max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
neox = {k: v for k, v in sizes.items() if k != "num_key_value_heads"}
MODELS = {
    "llama": hf.LlamaConfig(**sizes, rms_norm_eps=1e-5, attention_bias=True),
    "mistral": hf.MistralConfig(**sizes, sliding_window=None),
    "mixtral": hf.MixtralConfig(**sizes, num_local_experts=3, num_experts_per_tok=2),
    "qwen2": hf.Qwen2Config(**sizes),
    "qwen3": hf.Qwen3Config(**sizes, head_dim=8),
    "qwen3_moe": hf.Qwen3MoeConfig(**sizes, head_dim=8, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=12, norm_topk_prob=True),
    "gemma": hf.GemmaConfig(**sizes, head_dim=8),
    "gemma2": hf.Gemma2Config(**sizes, head_dim=8, query_pre_attn_scalar=8, sliding_window=32),
    "gemma3": hf.Gemma3TextConfig(**sizes, head_dim=8, query_pre_attn_scalar=8, sliding_window=32),
    "phi3": hf.Phi3Config(**sizes, original_max_position_embeddings=32),
    "olmo2": hf.Olmo2Config(**sizes),
    "gpt2": hf.GPT2Config(n_embd=16, n_layer=1, n_head=4, vocab_size=20, n_positions=64, bos_token_id=1, eos_token_id=2),
    "gpt_neox": hf.GPTNeoXConfig(**neox, rotary_pct=0.5),
}
NOISE = ("dropout", "pdrop", "summary", "initializer", "transformers_version", "use_cache", "router_", "_sliding_window_pattern", "is_decoder")


def convert(folder, name):
    config = json.loads((folder / "config.json").read_text())
    # The converter knows some members by their older names only.
    older = {"gpt_neox": {"rotary_pct": config.get("rope_parameters", {}).get("partial_rotary_factor")}, "gpt2": {"n_ctx": 64}}.get(name, {})
    # One of them counts the tokens of the tokenizer.
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {str(i): i for i in range(20)}}, "added_tokens": []}))
    known = ModelBase.from_model_architecture if not hasattr(conversion, "get_model_class") else conversion.get_model_class
    parent = known(get_model_architecture(ModelBase.load_hparams(folder, False), ModelType.TEXT))
    converter = type(parent.__name__, (parent,), {"set_vocab": lambda self: None, "model_arch": parent.model_arch})
    with torch.inference_mode():
        job = converter(folder, gguf.LlamaFileType.ALL_F32, folder / "out.gguf")
        job.hparams |= older
        job.write()
    return config | older, gguf.GGUFReader(folder / "out.gguf")




result = {}
for name, config in MODELS.items():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        hf.AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
        shapes = {k: list(v.shape) for k, v in load_file(folder / "model.safetensors").items()}
        file = {k: elements(k, shape) for k, shape in shapes.items()}
        save_file(file, folder / "model.safetensors", metadata={"format": "pt"})
        members, reader = convert(folder, name)
        metadata = {}
        for key, field in reader.fields.items():
            if not key.startswith(("GGUF.", "general.name", "general.size_label")):
                metadata[key] = [gguf.GGUFValueType(field.types[0]).name, field.contents()]
        tensors = []
        for t in reader.tensors:
            data = np.ascontiguousarray(t.data, dtype=np.float32)
            tensors.append([t.name, [int(n) for n in reversed(t.shape)], f"{fnv(data.tobytes()):016x}"])
        result[name] = {"config": {k: v for k, v in members.items() if v is not None and not any(n in k for n in NOISE)}, "metadata": metadata,
                        "shapes": shapes, "tensors": tensors}
        print(name, len(shapes), "tensors,", len(tensors), "stored")

lines = ",\n".join(f'"{name}": ' + "{\n" + ",\n".join(f'  "{k}": {json.dumps(v, separators=(",", ":"))}' for k, v in entry.items()) + "\n}" for name, entry in result.items())
(HERE / "architectures.json").write_text("{\n" + lines + "\n}\n")
