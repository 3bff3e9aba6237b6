"""A tiny BERT with random weights, prompts of every kind for embedding models, and what transformers and scipy make of them.

    python make_embeddings.py    # writes tiny/, *.jsonl and expected.json beside this file
"""
import json
import math
import pathlib

import numpy as np
import torch
from scipy import stats
from transformers import BertConfig, BertModel, BertTokenizer

here = pathlib.Path(__file__).parent
words = (
    "the a of and in to is on river mountain city house dog cat bird fish bread soup tea apple red green old new small large "
    "runs sleeps flies eats sings stands north south winter summer rain snow night day book letter").split()
tiny = here / "tiny"
(tiny / "1_Pooling").mkdir(parents=True, exist_ok=True)
(tiny / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words) + "\n")
torch.manual_seed(20261125)
config = BertConfig(
    vocab_size=5 + len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
    max_position_embeddings=24, initializer_range=0.4, architectures=["BertModel"])
model = BertModel(config, add_pooling_layer=False).eval()
model.save_pretrained(tiny)
for name, value in {
    "tokenizer_config.json": {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": 24},
    "modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ],
    "1_Pooling/config.json": {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True},
}.items():
    (tiny / name).write_text(json.dumps(value, indent=2) + "\n")
tokenizer = BertTokenizer(str(tiny / "vocab.txt"), do_lower_case=True)


def embed(text):
    with torch.no_grad():
        rows = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].double().numpy()
    vector = rows.mean(0)
    return vector / np.linalg.norm(vector)


rng = np.random.default_rng(20261125)


def sentence():
    return " ".join(rng.choice(words, size=rng.integers(3, 8)))


similarity = [
    {"id": str(i), "task": "alike", "text_a": sentence(), "text_b": sentence(), "score": int(rng.integers(0, 6))}
    for i in range(12)
]
documents = [sentence() for _ in range(15)]
retrieval = []
for i in range(5):
    drawn = [documents[j] for j in rng.choice(len(documents), size=6, replace=False)]
    retrieval.append(
        {"id": str(i), "task": "search", "query": sentence(), "positives": drawn[:2], "negatives": drawn[2:]})
pairs = [
    {"id": str(i), "task": "closer", "anchor": sentence(), "positive": sentence(), "negative": sentence()}
    for i in range(10)
]
for name, prompts in [("similarity", similarity), ("retrieval", retrieval), ("pairs", pairs)]:
    (here / f"{name}.jsonl").write_text("".join(json.dumps(p) + "\n" for p in prompts))

cosines = [float(embed(p["text_a"]) @ embed(p["text_b"])) for p in similarity]
corpus = list(dict.fromkeys(text for p in retrieval for text in p["positives"] + p["negatives"]))
vectors = np.array([embed(text) for text in corpus])
gains, ranks = [], []
for p in retrieval:
    order = np.argsort(-(vectors @ embed(p["query"])), kind="stable")
    hits = [corpus[j] in p["positives"] for j in order]
    ideal = sum(1 / math.log2(k + 2) for k in range(min(10, len(p["positives"]))))
    gains.append(sum(hit / math.log2(k + 2) for k, hit in enumerate(hits[:10])) / ideal)
    ranks.append(1 / (hits.index(True) + 1))
right = [float(embed(p["anchor"]) @ embed(p["positive"]) > embed(p["anchor"]) @ embed(p["negative"])) for p in pairs]
(here / "expected.json").write_text(
    json.dumps(
        {
            "alike": {"spearman": float(stats.spearmanr(cosines, [p["score"] for p in similarity]).statistic)},
            "search": {"ndcg_at_10": float(np.mean(gains)), "mrr": float(np.mean(ranks))},
            "closer": {"pair_accuracy": float(np.mean(right))},
        }, indent=2) + "\n")
