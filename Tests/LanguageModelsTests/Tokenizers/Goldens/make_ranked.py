"""A small vocabulary of tiktoken's kind, and what tiktoken makes of the texts with each family's pattern.

    python make_ranked.py        # tiktoken 0.14, mistral_common 1.13; writes ranked/ beside itself

  ranked/tokens.tiktoken    256 bytes and some merges, as lines of base64 and rank
  ranked/<family>.json      for each text its ids; special tokens are found in texts, and none is put around them
  ranked/tekken.json        the same tokens as Mistral has them
"""
import base64
import json
from pathlib import Path

import tiktoken
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from tiktoken._educational import bpe_train

from make_goldens import ALL, CORPUS, LLAMA3, O200K, QWEN, TEKKEN, dump

HERE = Path(__file__).parent / "ranked"
HERE.mkdir(exist_ok=True)
CL100K = tiktoken_ext = r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
ranks = bpe_train("\n".join(CORPUS), 600, LLAMA3, visualise=None)
(HERE / "tokens.tiktoken").write_bytes(
    b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in sorted(ranks.items(), key=lambda x: x[1])))
size = len(ranks)
families = {
    "qwen": (QWEN, {"<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2}),
    "cl100k": (CL100K, {"<|endoftext|>": 1, "<|fim_prefix|>": 2, "<|fim_middle|>": 3, "<|fim_suffix|>": 4, "<|endofprompt|>": 20}),
    "o200k": (O200K, {"<|endoftext|>": 1, "<|endofprompt|>": 20}),
    "llama3": (LLAMA3, {"<|begin_of_text|>": 0, "<|end_of_text|>": 1, "<|start_header_id|>": 6, "<|end_header_id|>": 7, "<|eot_id|>": 9}),
}
TEXTS = ALL + ["<|endoftext|>a <|endofprompt|> b<|im_start|>user\nx<|im_end|>", "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>"]
for name, (pattern, special) in families.items():
    encoding = tiktoken.Encoding(
        name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={k: v + size for k, v in special.items()})
    (HERE / f"{name}.json").write_text(
        "[\n" + ",\n".join(dump(encoding.encode(text, allowed_special="all")) for text in TEXTS) + "\n]\n")
(HERE / "texts.json").write_text("[\n" + ",\n".join(json.dumps(text) for text in TEXTS[len(ALL):]) + "\n]\n")

count, control = 500, 30
named = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]"]
special = [{"rank": i, "token_str": s, "is_control": True} for i, s in enumerate(named)]
special += [{"rank": i, "token_str": f"<SPECIAL_{i}>", "is_control": True} for i in range(len(named), control)]
vocabulary = [
    {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": token.decode(errors="ignore") or None}
    for token, rank in sorted(ranks.items(), key=lambda x: x[1])
]
config = {"pattern": TEKKEN, "num_vocab_tokens": size, "default_vocab_size": count, "default_num_special_tokens": control, "version": "v7"}
path = HERE / "tekken.json"
path.write_text(json.dumps({"config": config, "vocab": vocabulary, "special_tokens": special}, indent=0) + "\n")
tekken = Tekkenizer.from_file(path)
(HERE / "tekken-ids.json").write_text("[\n" + ",\n".join(dump(tekken.encode(text, bos=True, eos=False)) for text in ALL) + "\n]\n")
