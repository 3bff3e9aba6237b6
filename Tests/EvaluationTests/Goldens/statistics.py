"""Scores, standard errors, differences and intervals over the family's oracle, by numpy and scipy.

    python statistics.py Fixtures/families/a > statistics.json
"""
import json, sys
import numpy as np
from scipy import stats

family = sys.argv[1]
GOLDEN, MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1


def lines(path):
    return [json.loads(s) for s in open(f"{family}/{path}")]


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def draws(task, count, resamples=10_000, seed=0):
    """The documented generator: SplitMix64 from mix(mix(seed ^ FNV-1a(task)) + resample), bounded by multiplication."""
    h = 0xCBF29CE484222325
    for b in task.encode():
        h = ((h ^ b) * 0x100000001B3) & MASK
    start = mix(seed ^ h)
    out = np.empty((resamples, count), dtype=np.int64)
    for r in range(resamples):
        state = mix((start + r) & MASK)
        for i in range(count):
            state = (state + GOLDEN) & MASK
            out[r, i] = (mix(state) * count) >> 64
    return out


def observations(model, task):
    rows = [x for x in lines(f"oracle/{model}.jsonl") if x["task"] == task]
    if "pick" in rows[0]:
        return "acc", np.array([[float(x["pick"] == x["gold"]), 1.0] for x in rows])
    if "right" in rows[0]:
        return "exact_match", np.array([[float(x["right"]), 1.0] for x in rows])
    return "bits_per_byte", np.array([[x["loglik"], x["bytes"]] for x in rows])


def value(metric, sums):
    ratio = sums[..., 0] / sums[..., 1]
    return -ratio / np.log(2) if metric == "bits_per_byte" else ratio


def influence(metric, x):
    """Leave one out: (n - 1)(whole - without i)."""
    return (len(x) - 1) * (value(metric, x.sum(0)) - value(metric, x.sum(0) - x))


def delta(metric, x):
    """The delta method for a ratio of means."""
    r = x[:, 0].sum() / x[:, 1].sum()
    se = np.std((x[:, 0] - r * x[:, 1]) / x[:, 1].mean(), ddof=1) / np.sqrt(len(x))
    return se / np.log(2) if metric == "bits_per_byte" else se


out = []
for ours, theirs, task in [("expert-facts", "base", "facts"), ("expert-plural", "base", "sort"), ("expert-sort", "base", "text")]:
    metric, a = observations(ours, task)
    _, b = observations(theirs, task)
    n = len(a)
    rows = draws(task, n)
    resampled = value(metric, a[rows].sum(1)) - value(metric, b[rows].sum(1))
    d = influence(metric, a) - influence(metric, b)
    entry = dict(
        model=ours, against=theirs, task=task, metric=metric, n=n, value=value(metric, a.sum(0)),
        stderr=np.std(influence(metric, a), ddof=1) / np.sqrt(n), delta=delta(metric, a),
        difference=value(metric, a.sum(0)) - value(metric, b.sum(0)),
        difference_stderr=np.std(d, ddof=1) / np.sqrt(n),
        low=np.percentile(resampled, 2.5), high=np.percentile(resampled, 97.5))
    if metric != "bits_per_byte":
        wins, losses = int((a[:, 0] > b[:, 0]).sum()), int((a[:, 0] < b[:, 0]).sum())
        p = stats.binomtest(wins, wins + losses, 0.5).pvalue
        entry.update(wins=wins, losses=losses, p=p, mid_p=p - stats.binom.pmf(min(wins, losses), wins + losses, 0.5))
    out.append({k: v if isinstance(v, (str, int)) else float(v) for k, v in entry.items()})
tests = []
for wins, losses in [(0, 0), (1, 0), (5, 5), (0, 12), (3, 9), (40, 61), (700, 640), (2000, 100)]:
    p = stats.binomtest(wins, wins + losses, 0.5).pvalue if wins + losses else 1.0
    mid = 1.0 if wins == losses else p - stats.binom.pmf(min(wins, losses), wins + losses, 0.5)
    tests.append(dict(wins=wins, losses=losses, p=float(p), mid_p=float(mid)))
json.dump({"comparisons": out, "mcnemar": tests}, sys.stdout, indent=1)
print()
