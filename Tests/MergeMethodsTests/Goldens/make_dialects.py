#!/usr/bin/env python3
"""Makes dialects.json: task vectors and what the paper's TIES, PEFT 0.21.2, EMR and consensus task arithmetic make of them.

Run in this folder with numpy, torch and peft 0.21.2:

    python make_dialects.py

PEFT's numbers come from its own functions. The others are computed here, plainly and in float64, from the papers:
TIES-Merging (arXiv 2306.01708, trimmed per tensor, and with its rule that a sum of zero takes the sign that most sums have),
EMR-Merging (arXiv 2405.17461) and Localizing Task Information (arXiv 2405.07813). Some differences cancel exactly, so that
the rules for a sum of zero show.
"""
import json
from pathlib import Path

import numpy
import torch
from peft.utils import merge_utils

MODELS, ELEMENTS = 3, 60
generator = numpy.random.default_rng(7)
base = generator.integers(-64, 64, ELEMENTS) / 32
# Magnitudes all differ within a model, but for the pairs that cancel.
steps = numpy.stack([generator.permutation(numpy.arange(1, ELEMENTS + 1)) for _ in range(MODELS)])
deltas = steps / 64 * numpy.where(generator.random((MODELS, ELEMENTS)) < 0.4, -1, 1)
for place in range(0, 12, 2):
    deltas[1, place] = -deltas[0, place]
    deltas[2, place] = 0
weights = [0.5, -0.25, 1.0]
ones = [1.0] * MODELS


def trim(delta, density):
    kept = numpy.zeros_like(delta)
    order = numpy.argsort(-numpy.abs(delta), kind="stable")[: int(density * delta.size)]
    kept[order] = delta[order]
    return kept


def paper_ties(density, weights, scaling=1.0):
    kept = numpy.stack([trim(delta, density) for delta in deltas])
    sign = numpy.sign(kept.sum(0))
    sign[sign == 0] = numpy.sign(sign.sum())
    agrees = numpy.where(sign > 0, kept > 0, kept < 0)
    factors = numpy.array(weights)[:, None]
    divisor = (agrees * factors).sum(0)
    return base + scaling * (kept * agrees * factors).sum(0) / numpy.where(divisor == 0, 1, divisor)


def peft_ties(density, weights, method):
    tensors = [torch.tensor(delta, dtype=torch.float64) for delta in deltas]
    merged = merge_utils.ties(tensors, torch.tensor(weights, dtype=torch.float64), density, method)
    return base + merged.numpy()


def emr(scaling):
    sign = numpy.where(deltas.sum(0) > 0, 1, -1)
    return base + scaling * sign * numpy.where(deltas * sign > 0, numpy.abs(deltas), 0).max(0)


def consensus_ta(k, mask_lambda, scaling):
    total = deltas.sum(0)
    useful = numpy.abs(deltas) > mask_lambda * numpy.abs(total - deltas)
    return base + scaling * numpy.where(useful.sum(0) >= k, total, 0)


def case(name, method, parameters, weights, density, result):
    return {"name": name, "method": method, "parameters": parameters, "weights": weights, "density": density,
            "result": [float(numpy.float32(x)) for x in result]}


cases = [
    case("paper", "ties", {"dialect": "paper"}, ones, 0.7, paper_ties(0.7, ones)),
    case("paper-weighted", "ties", {"dialect": "paper", "lambda": 0.5}, [0.5, 0.25, 1.0], 1.0,
         paper_ties(1.0, [0.5, 0.25, 1.0], 0.5)),
    case("peft-total", "ties", {"dialect": "peft"}, weights, 0.5, peft_ties(0.5, weights, "total")),
    case("peft-total-doubled", "ties", {"dialect": "peft"}, [2 * w for w in weights], 0.5,
         peft_ties(0.5, [2 * w for w in weights], "total")),
    case("peft-frequency", "ties", {"dialect": "peft", "consensus": "count"}, weights, 0.6,
         peft_ties(0.6, weights, "frequency")),
    case("peft-dare-ties", "dare_ties", {"dialect": "peft"}, weights, 1.0, peft_ties(1.0, weights, "total")),
    case("emr", "emr", {"lambda": 0.7}, None, None, emr(0.7)),
    case("consensus-ta", "consensus_ta", {"k": 2, "lambda": 0.3}, ones, None, consensus_ta(2, 0.4, 0.3)),
    case("consensus-ta-all", "consensus_ta", {"k": 0}, ones, None, consensus_ta(0, 0.4, 1.0)),
]
lines = [json.dumps(c) for c in cases]
models = [json.dumps([float(x) for x in base + delta]) for delta in deltas]
Path(__file__).with_name("dialects.json").write_text(
    '{"base": ' + json.dumps([float(x) for x in base]) + ',\n"models": [\n' + ",\n".join(models) + '],\n"cases": [\n'
    + ",\n".join(lines) + "]}\n")
