"""The tasks of this folder by lm-evaluation-harness's hf backend and by braid, in float32, for five architectures.

    python Fixtures/tasks/compare_with_lm_eval.py [--braid .build/release/braid]

Needs lm_eval and transformers. The first model is family a's base; the others are random models with its tokenizer, made
in a temporary folder. Prints a table: for each model and task the value of each metric from both, and the largest
difference of a log-likelihood, or how many generations differ. The harness computes one request at a time: padded to
batches, the hf backend gives some generations of random models otherwise.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DISABLE_MULTIPROC", "1")
here = pathlib.Path(__file__).resolve().parent
base = here.parent / "families" / "a" / "base"
options = argparse.ArgumentParser()
options.add_argument("--braid", default=".build/release/braid")
braid = str(pathlib.Path(options.parse_args().braid).resolve())
os.chdir(here)

import lm_eval  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

sizes = dict(
    vocab_size=512, hidden_size=64, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4,
    num_key_value_heads=2, head_dim=16, max_position_embeddings=128, bos_token_id=0, eos_token_id=1, pad_token_id=2,
)
random_models = {
    "mistral": transformers.MistralConfig(**sizes, sliding_window=48),
    "qwen2": transformers.Qwen2Config(**sizes),
    "gemma2": transformers.Gemma2Config(**sizes, sliding_window=48, query_pre_attn_scalar=16),
    "gpt2": transformers.GPT2Config(
        vocab_size=512, n_embd=64, n_layer=3, n_head=4, n_positions=128, bos_token_id=0, eos_token_id=1),
}


def make(name, configuration, folder):
    torch.manual_seed(7)
    configuration.initializer_range = 0.15
    model = transformers.AutoModelForCausalLM.from_config(configuration, attn_implementation="eager").float()
    model.save_pretrained(folder)
    for file in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(base / file, folder / file)
    return folder


files = ["family_a.yaml", "stories.yaml", "endings.yaml", "sums.yaml", "sums_alone.yaml"]
names = ["braid_family_a", "stories", "endings", "sums", "sums_alone"]


def by_lm_eval(folder):
    return lm_eval.simple_evaluate(
        model="hf", model_args={"pretrained": str(folder), "dtype": "float32"}, tasks=names,
        task_manager=TaskManager(include_path=".", include_defaults=False), device="cpu", batch_size=1,
        bootstrap_iters=0, log_samples=True)


def by_braid(folder, output):
    subprocess.run([braid, "eval", str(folder), "--task", *files, "--lm-eval-output", str(output), "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    results = json.loads(next(output.rglob("results_*.json")).read_text())
    samples = {}
    for file in output.rglob("samples_*.jsonl"):
        task = file.name[len("samples_"):].rsplit("_", 1)[0]
        samples[task] = [json.loads(line) for line in file.read_text().splitlines()]
    return results, samples


def flat(response):
    """The numbers and texts of a response, as far as both sides have them."""
    if isinstance(response, (list, tuple)):
        return [part for item in response for part in flat(item)]
    return [response]


def number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


print("| model | task | shots | metric | lm_eval | braid | log-likelihoods | largest difference | generations that differ |")
print("|---|---|---|---|---|---|---|---|---|")
with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    models = {"llama": base} | {name: make(name, c, work / name) for name, c in random_models.items()}
    for name, folder in models.items():
        theirs = by_lm_eval(folder)
        results, samples = by_braid(folder, work / f"{name}-out")
        for task, rows in sorted(theirs["samples"].items()):
            order = lambda row: (row["doc_id"], row["filter"])  # noqa: E731
            pairs = list(zip(sorted(rows, key=order), sorted(samples[task], key=order), strict=True))
            assert all(order(a) == order(b) and a["prompt_hash"] == b["prompt_hash"] for a, b in pairs)
            differences, texts = [], 0
            for a, b in pairs:
                left, right = flat([r[0] for r in a["resps"]]), flat([r[0] for r in b["resps"]])
                assert len(left) == len(right), (task, left, right)
                for x, y in zip(left, right):
                    if isinstance(x, bool) or str(x) in ("True", "False"):
                        continue
                    if number(x) is not None and number(y) is not None and not rows[0]["resps"][0][0].__class__ is str:
                        differences.append(abs(number(x) - number(y)))
                    else:
                        texts += x != y
            for metric, value in theirs["results"][task].items():
                if metric in ("alias", "sample_len", "sample_count", "name") or "_stderr" in metric or number(value) is None:
                    continue
                own = results["results"][task][metric]
                likelihood = (f"{len(differences)} | {max(differences):.1e} | " if differences else f" | | {texts} of {len(pairs)}")
                print(f"| {name} | {task} | {theirs['n-shot'][task]} | {metric.split(',')[0]} | {value:.6g} | {own:.6g} | {likelihood} |",
                      flush=True)
