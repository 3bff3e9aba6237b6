"""Corrections for many models and the optimism of picking the best, over the family's oracle, by numpy and scipy.

    python selection.py Fixtures/families/a > selection.json

Holm's correction, the max-statistic and the optimism are computed here from their definitions; the draws are those of
the documented generator, which statistics.py has as well.
"""
import json, pathlib, sys
import numpy as np
from scipy import stats

family = sys.argv[1]
source = (pathlib.Path(__file__).parent / "statistics.py").read_text().split("\nout = []")[0]
exec(compile(source, "statistics.py", "exec"))

names = ["expert-facts", "expert-plural", "expert-sort", "expert-sums"]
tasks = ["facts", "sort", "sums"]
limit = 100


def terms(model, task):
    metric, x = observations(model, task)
    return x[:limit]


def resampled(model, task):
    x = terms(model, task)
    sums = x[draws(task, len(x))].sum(1)
    return sums[:, 0] / sums[:, 1]


mean = {m: np.mean([terms(m, t)[:, 0].mean() for t in tasks]) for m in names + ["base"]}
boots = {m: np.mean([resampled(m, t) for t in tasks], axis=0) for m in names + ["base"]}
errors = {
    m: np.sqrt(sum(np.var(terms(m, t)[:, 0] - terms("base", t)[:, 0], ddof=1) / limit for t in tasks)) / len(tasks)
    for m in names
}
d = np.array([mean[m] - mean["base"] for m in names])
s = np.array([errors[m] for m in names])
db = np.array([boots[m] - boots["base"] for m in names])
p = 2 * stats.norm.sf(np.abs(d) / s)
order = np.argsort(p, kind="stable")
holm = np.empty(len(p))
holm[order] = np.minimum(1, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
largest = (np.abs(db - d[:, None]) / s[:, None]).max(0)
maximum = [(1 + int((largest >= abs(x) / e * (1 - 1e-9)).sum())) / (1 + len(largest)) for x, e in zip(d, s)]
values = np.array([mean[m] for m in names])
b = np.array([boots[m] for m in names])
picked = b.argmax(0)
optimism = float(np.mean(b.max(0) - values[picked]))
detectable = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * s
json.dump(
    dict(
        tasks=tasks, limit=limit, optimism=optimism, best=names[int(values.argmax())],
        detectable=float(np.sort(detectable)[len(names) // 2]),
        models=[
            dict(model=m, p=float(p[i]), holm=float(holm[i]), max=float(maximum[i]), detectable=float(detectable[i]))
            for i, m in enumerate(names)
        ]), sys.stdout, indent=1)
print()
