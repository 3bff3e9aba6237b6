"""Small GGUF files, written by ggml's own Python package, and what that package reads from them.

    python make_gguf.py        # gguf 0.19, numpy, safetensors; writes beside itself

kinds.gguf           every type of metadata, arrays in arrays, and a tensor of every plain kind
kinds.safetensors    the same tensors
blocks.gguf          two rows of random blocks of every quantised kind that Braid reads
blocks.safetensors   the same elements in float32, as the package dequantises them
llama.gguf           architectures/llama/default in float32, laid out as llama.cpp's converter does it
llama-rope.gguf      the configuration and the rotary factors of architectures/llama/llama3, without its weights
llama3-rope.gguf     the rotary factors of Llama 3.1
gemma2.gguf          a few tensors of a Gemma 2, whose norms are stored with 1 added
split-0000N-of-00002.gguf   three tensors in two parts
vocabulary-NAME.gguf   the tokenizers families/a/base and tokenizers/llama3, without tensors
"""
import json, sys
from pathlib import Path
import gguf, numpy as np
from gguf import GGMLQuantizationType as Kind, GGUFValueType as Type, GGUFWriter
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
FIXTURES = HERE.parent.parent


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def kinds():
    w = GGUFWriter(HERE / "kinds.gguf", "none")
    w.add_custom_alignment(64)
    for name, add, value in [
        ("u8", w.add_uint8, 255), ("i8", w.add_int8, -128), ("u16", w.add_uint16, 65535), ("i16", w.add_int16, -32768),
        ("u32", w.add_uint32, 2**32 - 1), ("i32", w.add_int32, -(2**31)), ("u64", w.add_uint64, 2**64 - 1), ("i64", w.add_int64, -(2**63)),
        ("f32", w.add_float32, 1e-5), ("f64", w.add_float64, 0.1), ("bool", w.add_bool, True), ("string", w.add_string, "grüße \x1b[0m"),
    ]:
        add("type." + name, value)
    w.add_string("long", "x" * 3000)
    w.add_array("array.ints", list(range(20)))
    w.add_array("array.strings", ["a", "", "b c"])
    w.add_array("array.bools", [True, False])
    w.add_array("array.floats", [0.5, -1.0])
    w.add_array("array.nested", [[1, 2], [3], [4, 5, 6]])
    rng = np.random.default_rng(1)
    tensors = {}
    for name, dtype in [("f64", np.float64), ("f32", np.float32), ("f16", np.float16)]:
        tensors[name] = rng.normal(size=(2, 3)).astype(dtype)
    for name, dtype in [("i8", np.int8), ("i16", np.int16), ("i32", np.int32), ("i64", np.int64)]:
        info = np.iinfo(dtype)
        tensors[name] = rng.integers(info.min, info.max, size=(5,), dtype=dtype, endpoint=True)
    tensors["four.extents"] = rng.normal(size=(2, 1, 3, 4)).astype(np.float32)
    tensors["one"] = np.ones((1,), np.float32)
    for name, value in tensors.items():
        w.add_tensor(name, value)
    w.add_tensor("bf16", np.frombuffer(b"\x80\x3f\x00\xc0", np.uint8).reshape(1, 4), raw_dtype=Kind.BF16)
    finish(w)
    save_file(tensors, HERE / "kinds.safetensors")


# Where a block has its float16 scales; random bytes there would be infinities and NaNs.
SCALES = {
    Kind.Q4_0: [0], Kind.Q4_1: [0, 2], Kind.Q5_0: [0], Kind.Q5_1: [0, 2], Kind.Q8_0: [0], Kind.Q2_K: [80, 82], Kind.Q3_K: [108],
    Kind.Q4_K: [0, 2], Kind.Q5_K: [0, 2], Kind.Q6_K: [208], Kind.IQ4_NL: [0], Kind.IQ4_XS: [0],
}


def blocks():
    w = GGUFWriter(HERE / "blocks.gguf", "none")
    rng = np.random.default_rng(2)
    expected = {}
    for kind, scales in SCALES.items():
        size, count = gguf.GGML_QUANT_SIZES[kind]
        data = rng.integers(0, 256, size=(2, 512 // size, count), dtype=np.uint8)
        for place in scales:
            data[:, :, place:place + 2] = rng.normal(size=data.shape[:2] + (1,)).astype(np.float16).view(np.uint8)
        data = data.reshape(2, -1)
        w.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.dequantize(data, kind).astype(np.float32).reshape(2, 512)
    finish(w)
    save_file(expected, HERE / "blocks.safetensors")


def rotary(weights, heads):
    """The rows of each head, two halves in turn: what llama.cpp's converter calls permute."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def settings(w, config):
    w.add_name("tiny")
    w.add_block_count(config["num_hidden_layers"])
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(config["num_attention_heads"])
    w.add_head_count_kv(config["num_key_value_heads"])
    w.add_rope_freq_base(config.get("rope_theta") or config["rope_parameters"]["rope_theta"])
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_vocab_size(config["vocab_size"])
    w.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])


def llama():
    folder = FIXTURES / "architectures/llama/default"
    config = json.loads((folder / "config.json").read_text())
    w = GGUFWriter(HERE / "llama.gguf", "llama")
    settings(w, config)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    for name, value in load_file(folder / "model.safetensors").items():
        stem, ending = name.rsplit(".", 1)
        layer = ""
        if stem.startswith("model.layers."):
            _, _, number, stem = stem.split(".", 3)
            layer = f"blk.{number}."
        if "q_proj" in stem:
            value = rotary(value, config["num_attention_heads"])
        if "k_proj" in stem:
            value = rotary(value, config["num_key_value_heads"])
        w.add_tensor(f"{layer}{NAMES[stem]}.{ending}", value)
    finish(w)


def llama_rope():
    config = json.loads((FIXTURES / "architectures/llama/llama3/config.json").read_text())
    w = GGUFWriter(HERE / "llama-rope.gguf", "llama")
    settings(w, config)
    rope, half = config["rope_scaling"], config["hidden_size"] // config["num_attention_heads"] // 2
    factors = []
    for i in range(half):
        wave = 2 * np.pi * config["rope_theta"] ** (i / half)
        low, high = (rope["original_max_position_embeddings"] / rope[k] for k in ("low_freq_factor", "high_freq_factor"))
        smooth = (rope["original_max_position_embeddings"] / wave - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
        factors.append(1 if wave < high else rope["factor"] if wave > low else 1 / ((1 - smooth) / rope["factor"] + smooth))
    w.add_tensor("rope_freqs.weight", np.array(factors, np.float32))
    w.add_tensor("token_embd.weight", np.zeros((97, 32), np.float16))
    finish(w)


def llama3_rope():
    """The factors of Llama 3.1, whose rule the file does not state."""
    w = GGUFWriter(HERE / "llama3-rope.gguf", "llama")
    settings(w, dict(num_hidden_layers=1, max_position_embeddings=131072, hidden_size=64, intermediate_size=64, num_attention_heads=1,
                     num_key_value_heads=1, rope_theta=500000.0, rms_norm_eps=1e-5, vocab_size=4))
    wave = 2 * np.pi * 500000.0 ** (np.arange(32) / 32)
    smooth = (8192 / wave - 1) / 3
    w.add_tensor("rope_freqs.weight", np.where(wave < 2048, 1, np.where(wave > 8192, 8, 1 / ((1 - smooth) / 8 + smooth))).astype(np.float32))
    finish(w)


def gemma2():
    """Norms are stored with 1 added."""
    w = GGUFWriter(HERE / "gemma2.gguf", "gemma2")
    settings(w, dict(num_hidden_layers=1, max_position_embeddings=8192, hidden_size=4, intermediate_size=8, num_attention_heads=2,
                     num_key_value_heads=1, rope_theta=10000.0, rms_norm_eps=1e-6, vocab_size=6))
    w.add_key_length(6)
    w.add_attn_logit_softcapping(50.0)
    w.add_final_logit_softcapping(30.0)
    w.add_sliding_window(4096)
    for name in ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"]:
        w.add_tensor(f"blk.0.{name}.weight", np.array([1, 1.5, 0.75, 2], np.float32))
    w.add_tensor("output_norm.weight", np.ones(4, np.float32))
    w.add_tensor("token_embd.weight", np.arange(24, dtype=np.float16).reshape(6, 4))
    w.add_tensor("blk.0.attn_q.weight", np.arange(48, dtype=np.float16).reshape(12, 4))
    finish(w)


def split():
    w = GGUFWriter(HERE / "split.gguf", "none", split_max_tensors=2)
    for n in range(3):
        w.add_tensor(f"t{n}", np.arange(4, dtype=np.float32) + n)
    finish(w)


def vocabulary(name, path, pre, begin, settings):
    tokenizer = json.loads((FIXTURES / path / "tokenizer.json").read_text())
    w = GGUFWriter(HERE / f"vocabulary-{name}.gguf", "llama")
    w.add_vocab_size(len(tokenizer["model"]["vocab"]))
    tokens = {i: (t, gguf.TokenType.NORMAL) for t, i in tokenizer["model"]["vocab"].items()}
    for token in tokenizer["added_tokens"]:
        tokens[token["id"]] = (token["content"], gguf.TokenType.CONTROL if token["special"] else gguf.TokenType.USER_DEFINED)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(pre)
    w.add_token_list([tokens[i][0] for i in range(len(tokens))])
    w.add_token_types([tokens[i][1] for i in range(len(tokens))])
    w.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in tokenizer["model"]["merges"]])
    ids = {t: i for i, (t, _) in tokens.items()}
    w.add_bos_token_id(ids["<s>"])
    w.add_eos_token_id(ids["</s>"])
    w.add_add_bos_token(begin)
    if settings:
        w.add_chat_template((FIXTURES / path / "chat_template.jinja").read_text())
        w.add_pad_token_id(ids["<pad>"])
    finish(w)


kinds()
blocks()
llama()
llama_rope()
llama3_rope()
gemma2()
split()
vocabulary("family-a", "families/a/base", "smollm", True, True)
vocabulary("llama3", "tokenizers/llama3", "llama-bpe", True, False)
