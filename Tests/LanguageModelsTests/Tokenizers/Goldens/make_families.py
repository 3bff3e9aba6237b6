"""A Unigram model with the special tokens of ALBERT, XLNet and T5, and what transformers' tokenizers of these make of the texts.

    python make_families.py        # transformers 5.24, sentencepiece 0.2; writes families/ beside itself
"""
import io
import json
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer
from transformers import AlbertTokenizer, T5Tokenizer, XLNetTokenizer

from make_goldens import ALL, CORPUS, charsmap, dump, rules

HERE = Path(__file__).parent / "families"
HERE.mkdir(exist_ok=True)
out = io.BytesIO()
table = rules()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(x.replace("\n", " ").lower() for x in CORPUS * 2), model_writer=out, model_type="unigram", vocab_size=600, hard_vocab_limit=False,
    minloglevel=2, normalization_rule_tsv=str(table), pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>", control_symbols=["[CLS]", "[SEP]", "<sep>", "<cls>"])
table.unlink()
(HERE / "spiece.model").write_bytes(out.getvalue())
model = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
vocabulary = [(model.id_to_piece(i), model.get_score(i)) for i in range(model.get_piece_size())]
options = dict(vocab=vocabulary, _spm_precompiled_charsmap=charsmap(model))
special = [token for token, _ in vocabulary[:7]] + ["<s>", "[MASK]", "<mask>", "▁", "<eo", "\0"]
TEXTS = [text for text in ALL if not any(token in text for token in special)]
for name, tokenizer in {
    "t5": T5Tokenizer(extra_ids=0, **options), "albert": AlbertTokenizer(**options),
    "xlnet": XLNetTokenizer(unk_id=2, **options),
}.items():
    document = json.loads(tokenizer._tokenizer.to_str())
    # ALBERT's class takes the unknown piece to be its own models' second one.
    document["model"]["unk_id"] = 2
    tokenizer = Tokenizer.from_str(json.dumps(document))
    (HERE / f"{name}.json").write_text(
        "[\n" + ",\n".join(dump({"text": text, "ids": tokenizer.encode(text).ids}) for text in TEXTS) + "\n]\n")
