#!/usr/bin/env python3
"""Makes headers.json: names and shapes of the tensors of small models of several parts, as transformers saves
them, with the numbers of layers that their configurations state.

    python make_headers.py

Made with transformers 5.24. The models are saved and their files' headers read, so that the names are those on disk.
"""
import json
import logging
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import (
    Gemma3Config, Gemma3ForConditionalGeneration, LlavaConfig, LlavaForConditionalGeneration, Mistral3Config,
    Mistral3ForConditionalGeneration, Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen3VLConfig,
    Qwen3VLForConditionalGeneration, T5Config, T5ForConditionalGeneration, WhisperConfig,
    WhisperForConditionalGeneration)

logging.disable(logging.CRITICAL)
TEXT = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1,
            head_dim=4, vocab_size=32, pad_token_id=0)
SIGHT = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4)
KEYS = ["num_hidden_layers", "num_layers", "num_decoder_layers", "encoder_layers", "decoder_layers", "depth",
        "vocab_size", "layer_types", "max_window_layers", "tie_word_embeddings"]
ROPE = dict(rope_type="default", mrope_section=[1, 1, 0], rope_theta=1e4)
MODELS = {
    "llava": (LlavaForConditionalGeneration, LlavaConfig(
        text_config=dict(model_type="llama", **TEXT), vision_config=dict(model_type="clip_vision_model", projection_dim=8, **SIGHT))),
    "gemma3": (Gemma3ForConditionalGeneration, Gemma3Config(
        text_config=TEXT, vision_config=dict(vision_use_head=False, **SIGHT), mm_tokens_per_image=4)),
    "mistral3": (Mistral3ForConditionalGeneration, Mistral3Config(
        text_config=dict(model_type="mistral", **TEXT), vision_config=dict(model_type="pixtral", head_dim=4, **SIGHT))),
    "qwen2-vl": (Qwen2VLForConditionalGeneration, Qwen2VLConfig(
        text_config=dict(rope_parameters=ROPE, max_window_layers=3, **TEXT),
        vision_config=dict(depth=2, embed_dim=8, hidden_size=8, num_heads=2, mlp_ratio=1, patch_size=4))),
    "qwen3-vl": (Qwen3VLForConditionalGeneration, Qwen3VLConfig(
        text_config=dict(rope_parameters=ROPE, **TEXT),
        vision_config=dict(depth=2, hidden_size=8, intermediate_size=8, num_heads=2, out_hidden_size=8, patch_size=4,
                           num_position_embeddings=4, deepstack_visual_indexes=[0, 1]))),
    "t5": (T5ForConditionalGeneration, T5Config(
        vocab_size=32, d_model=8, d_kv=4, d_ff=8, num_layers=2, num_decoder_layers=3, num_heads=2)),
    "whisper": (WhisperForConditionalGeneration, WhisperConfig(
        vocab_size=32, num_mel_bins=4, encoder_layers=2, decoder_layers=3, encoder_attention_heads=2,
        decoder_attention_heads=2, d_model=8, encoder_ffn_dim=8, decoder_ffn_dim=8, max_source_positions=8,
        max_target_positions=8, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)),
}


def kept(configuration):
    found = {}
    for key, value in configuration.items():
        if isinstance(value, dict):
            if inner := kept(value): found[key] = inner
        elif key in KEYS:
            found[key] = value
    return found


def main():
    models = {}
    for name, (kind, configuration) in MODELS.items():
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            kind(configuration).save_pretrained(folder)
            with safe_open(Path(folder) / "model.safetensors", "pt") as file:
                tensors = {key: file.get_slice(key).get_shape() for key in sorted(file.keys())}
            models[name] = {"config": kept(json.loads((Path(folder) / "config.json").read_text())), "tensors": tensors}
    lines = []
    for name, model in models.items():
        tensors = ",\n".join(f'    "{key}": {json.dumps(shape)}' for key, shape in model["tensors"].items())
        lines.append(f' "{name}": {{"config": {json.dumps(model["config"])},\n  "tensors": {{\n{tensors}}}}}')
    (Path(__file__).parent / "headers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
