"""A small SentencePiece model, the tokenizer.json that transformers has for it, and what `tokenizers` makes of texts.

    python make_metaspace.py        # sentencepiece 0.2, tokenizers 0.23, transformers 5; writes beside itself

tokenizer.model   byte-pair encoding with a token for every byte and user-defined symbols, trained on ../make_tokenizers.py's sentences
tokenizer.json    the same as byte-pair merges, in the manner of Llama 2
golden.json       {"texts": numbers in ../texts.json, "variants": [{"name", "edits": members of tokenizer.json that differ,
                  "golden": for each text {"ids", "text", "visible"}}]}; a "step" of 2 means every second text only, and so on
"""
import json, re
from pathlib import Path
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import Tokenizer
from transformers.convert_slow_tokenizer import generate_merges

HERE = Path(__file__).parent
CORPUS = eval(re.search(r'CORPUS = (""".*?"""\.split\("\\n"\))', (HERE.parent / "make_tokenizers.py").read_text(), re.S)[1])
TEXTS = json.loads((HERE.parent / "texts.json").read_text())
SIGN = "\u2581"

sentencepiece.SentencePieceTrainer.Train(
    sentence_iterator=iter([line.replace("\n", " ") for line in CORPUS[:6]] * 3), model_prefix=str(HERE / "tokenizer"), model_type="bpe", vocab_size=440,
    byte_fallback=True, character_coverage=0.98, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
    allow_whitespace_only_pieces=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, user_defined_symbols=["<|user|>", "solo"], minloglevel=2)
(HERE / "tokenizer.vocab").unlink()
model = proto.ModelProto()
model.ParseFromString((HERE / "tokenizer.model").read_bytes())
model.trainer_spec.ClearField("input")
model.trainer_spec.ClearField("model_prefix")
(HERE / "tokenizer.model").write_bytes(model.SerializeToString())

Piece = proto.ModelProto.SentencePiece
scores = {p.piece: p.score for p in model.pieces}
vocab = {p.piece: i for i, p in enumerate(model.pieces)}
learnt = {p.piece for p in model.pieces if p.type == Piece.NORMAL}
merges = generate_merges({p: vocab[p] for p in learnt}, {p: s for p, s in scores.items() if p in learnt})


def added(content, special):
    return {"id": vocab[content], "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}


def around(name, kind):
    return {"SpecialToken": {"id": name, "type_id": kind}}


tokenizer = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [added("<unk>", True), added("<s>", True), added("</s>", True), added("<|user|>", False), added("solo", False)],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": SIGN}, {"type": "Replace", "pattern": {"String": " "}, "content": SIGN}]},
    "pre_tokenizer": None,
    "post_processor": {"type": "TemplateProcessing", "single": [around("<s>", 0), {"Sequence": {"id": "A", "type_id": 0}}],
                       "pair": [around("<s>", 0), {"Sequence": {"id": "A", "type_id": 0}}, around("<s>", 1), {"Sequence": {"id": "B", "type_id": 1}}],
                       "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
    "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": SIGN}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                                                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True,
              "byte_fallback": True, "ignore_merges": False, "vocab": vocab, "merges": [" ".join(m) for m in merges]},
}
(HERE / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")) + "\n")

variants = {
    "llama": {},
    "first": {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": SIGN, "prepend_scheme": "first", "split": False},
              "decoder": {"type": "Metaspace", "replacement": SIGN, "prepend_scheme": "first", "split": False}},
    "always": {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": SIGN, "prepend_scheme": "always", "split": True}},
    "gemma": {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SIGN},
              "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
              "decoder": {"type": "Sequence", "decoders": tokenizer["decoder"]["decoders"][:3]}},
}
short = [i for i, t in enumerate(TEXTS) if len(t.encode()) < 70]
numbers = [i for i in short if i < 50][::2] + [i for i in short if 50 <= i < 160][::16] + [i for i in short if i >= 160][::7]
result = []
for name, edits in variants.items():
    reference = Tokenizer.from_str(json.dumps(tokenizer | edits))
    golden = []
    step = 1 if name == "llama" else 4
    for number in numbers[::step]:
        ids = reference.encode(TEXTS[number]).ids
        entry = {"ids": ids, "text": reference.decode(ids, skip_special_tokens=False)}
        visible = reference.decode(ids)
        golden.append(entry | ({} if visible == entry["text"] else {"visible": visible}))
    result.append({"name": name, "edits": edits, "step": step, "golden": golden})
(HERE / "golden.json").write_text(json.dumps({"texts": numbers, "variants": result}, ensure_ascii=False, separators=(",", ":")) + "\n")
