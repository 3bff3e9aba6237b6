"""Modules of sentence-transformers behind the tiny BERT of Fixtures/embeddings, with random weights, and the vectors that come out.

    python make_dense.py        # sentence-transformers 6.2; writes dense/<model>/ and dense/vectors.json beside itself
"""
import json
import shutil
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Dropout, Normalize, Pooling, Transformer

HERE = Path(__file__).parent
TINY = HERE / "../../../../Fixtures/embeddings/tiny"
TEXTS = ["a green bird sings", "Rain on the old house, and snow.", "the mountain"]
torch.manual_seed(7)
nn = torch.nn
models = {
    "tanh": lambda: [Pooling(16, "mean"), Dense(16, 10)],
    "chain": lambda: [Pooling(16, ["cls", "mean"]), Dense(32, 12, bias=False, activation_function=nn.GELU()), Dropout(0.5), Dense(12, 12, activation_function=nn.SiLU(), use_residual=True), Normalize()],
    "residual": lambda: [Pooling(16, "max"), Normalize(), Dense(16, 6, activation_function=nn.Sigmoid(), use_residual=True)],
    "plain": lambda: [Pooling(16, "mean"), Dense(16, 5, activation_function=nn.ReLU()), Dense(5, 4, activation_function=nn.Identity())],
}
out = HERE / "dense"
shutil.rmtree(out, ignore_errors=True)
result = {}
for name, modules in models.items():
    model = SentenceTransformer(modules=[Transformer(str(TINY))] + modules(), device="cpu").eval()
    vectors = model.encode(TEXTS, convert_to_numpy=True)
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder)
        for path in sorted(Path(folder).rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and (len(inside.parts) > 1 or inside.name == "modules.json"):
                (out / name / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, out / name / inside)
    result[name] = [[float(x) for x in row] for row in vectors]
(out / "vectors.json").write_text(json.dumps({"texts": TEXTS, "models": result}) + "\n")
