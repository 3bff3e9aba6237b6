"""What lm-evaluation-harness 0.4.13 makes of Fixtures/tasks with family a's base model, in float32 on the CPU.

    HF_HUB_OFFLINE=1 python make_goldens.py

Writes harness.json beside itself: for each task and group the results, and for each document the requests, the
responses, the metrics and the hashes. Takes a minute; data is read from Fixtures/tasks, which must be the working
folder for relative paths.
"""

import json
import os
import pathlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DISABLE_MULTIPROC", "1")
here = pathlib.Path(__file__).resolve().parent
fixtures = here.parents[2] / "Fixtures"
os.chdir(fixtures / "tasks")

import lm_eval  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

names = ["braid_family_a", "stories", "endings", "sums", "sums_alone"]
runs = {}
chat = {"apply_chat_template": True, "limit": 5}
for label, options in {
    "plain": {},
    "limited": {"limit": 6, "num_fewshot": 2},
    "turns": {**chat, "fewshot_as_multiturn": True, "system_instruction": "be brief"},
    "one": {**chat, "fewshot_as_multiturn": False},
}.items():
    results = lm_eval.simple_evaluate(
        model="hf",
        model_args={"pretrained": str(fixtures / "families" / "a" / "base"), "dtype": "float32"},
        tasks=names if label == "plain" else ["plurals", "places", "sums", "sums_alone"],
        task_manager=TaskManager(include_path=".", include_defaults=False),
        device="cpu",
        batch_size=8,
        bootstrap_iters=2000,
        log_samples=True,
        **options,
    )
    tasks = {}
    for task, samples in results["samples"].items():
        contexts = []
        rows = []
        for sample in samples:
            requests = []
            for argument in sample["arguments"]:
                context = argument[0]
                if context not in contexts:
                    contexts.append(context)
                rest = list(argument[1:])
                requests.append([contexts.index(context), *rest])
            rows.append(
                {
                    "doc_id": sample["doc_id"],
                    "filter": sample["filter"],
                    "requests": requests if label == "plain" or len(rows) < 6 else None,
                    "resps": [r[0] for r in sample["resps"]],
                    "filtered": sample["filtered_resps"] if task.startswith("sums") else None,
                    "target": str(sample["target"]),
                    "hashes": [sample["doc_hash"], sample["prompt_hash"], sample["target_hash"]],
                    "metrics": {
                        name: float(sample[name]) for name in sample["metrics"] if isinstance(sample[name], (int, float))
                    },
                }
            )
        tasks[task] = {"contexts": contexts, "samples": rows}
    runs[label] = {
        "results": {
            name: {key: value for key, value in scores.items() if key != "sample_count"}
            for name, scores in results["results"].items()
        },
        "n-shot": results["n-shot"],
        "group_subtasks": results["group_subtasks"],
        "tasks": tasks,
    }


def plain(value):
    return float(value) if hasattr(value, "dtype") else str(value)


(here / "harness.json").write_text(json.dumps(runs, default=plain, ensure_ascii=False, indent=None) + "\n")
