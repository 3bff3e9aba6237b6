"""GGUF files of tokenizers beside it and of the tiny BERT of Fixtures/embeddings, with the keys of llama.cpp's converter.

    python make_gguf.py        # gguf 0.19; writes gguf/*.gguf beside itself
"""
import base64
import json
from pathlib import Path

import gguf
from safetensors.numpy import load_file

HERE = Path(__file__).parent
TINY = HERE / "../../../../Fixtures/embeddings/tiny"
CONTROL = gguf.TokenType.CONTROL
OUT = HERE / "gguf"
OUT.mkdir(exist_ok=True)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def phantom(tokens, special, brackets):
    """Signs before words in place of those within; the first converters left all pieces in brackets alone."""
    def one(token):
        if token in special or brackets and token.startswith("[") and token.endswith("]"):
            return token
        return token[2:] if token.startswith("##") else "\u2581" + token
    return [one(token) for token in tokens]


def pieces(writer, tokens, special, brackets):
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list(phantom(tokens, special, brackets))
    writer.add_token_types([CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
    ids = {token: number for number, token in enumerate(tokens)}
    writer.add_unk_token_id(ids["[UNK]"])
    writer.add_sep_token_id(ids["[SEP]"])
    writer.add_pad_token_id(ids["[PAD]"])
    writer.add_mask_token_id(ids["[MASK]"])
    writer.add_uint32("tokenizer.ggml.cls_token_id", ids["[CLS]"])


def bert(name, brackets):
    vocabulary = json.loads((HERE / name / "tokenizer.json").read_text())["model"]["vocab"]
    writer = gguf.GGUFWriter(OUT / f"{name}.gguf", "bert")
    pieces(writer, sorted(vocabulary, key=vocabulary.get), {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, brackets)
    finish(writer)


def unigram(name):
    document = json.loads((HERE / name / "tokenizer.json").read_text())
    tokens, scores = map(list, zip(*document["model"]["vocab"]))
    types = [gguf.TokenType.NORMAL] * len(tokens)
    for token in document["added_tokens"]:
        if token["id"] == len(tokens):
            tokens.append(token["content"])
            scores.append(-1000.0)
            types.append(CONTROL)
        types[token["id"]] = gguf.TokenType.UNKNOWN if token["content"] == "<unk>" else CONTROL
    writer = gguf.GGUFWriter(OUT / f"{name}.gguf", "t5")
    writer.add_tokenizer_model("t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    charsmap = document["normalizer"]["normalizers"][0]["precompiled_charsmap"]
    writer.add_precompiled_charsmap(base64.b64decode(charsmap))
    for add, token in [(writer.add_bos_token_id, "<s>"), (writer.add_eos_token_id, "</s>"), (writer.add_unk_token_id, "<unk>"), (writer.add_mask_token_id, "<mask>")]:
        add(tokens.index(token))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    finish(writer)


def tiny():
    config = json.loads((TINY / "config.json").read_text())
    writer = gguf.GGUFWriter(OUT / "tiny-bert.gguf", "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_token_type_count(config["type_vocab_size"])
    tokens = (TINY / "vocab.txt").read_text().split("\n")[:-1]
    pieces(writer, tokens, {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, False)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, tensor in load_file(TINY / "model.safetensors").items():
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), tensor)
    finish(writer)


bert("bert-uncased", False)
bert("bert-cased", True)
unigram("t5")
tiny()
