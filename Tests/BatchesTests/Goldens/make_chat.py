"""Makes chat.json: what lm-evaluation-harness 0.4.13 gives for prompts of the family under its chat template.

Each prompt is the one message of the user; the choices follow the generation prompt with the blank they have. With the
second setting the system speaks first, which the family's template may refuse; the harness then leaves it out.
Run in the top folder of the project with lm_eval, torch and transformers.
"""

import json
import os

from lm_eval.models.huggingface import HFLM

FAMILY = "Fixtures/families/a/"


def main():
    model = HFLM(pretrained=FAMILY + "base", dtype="float32", device="cpu", batch_size=1)
    records = []
    for system in (None, "Be right."):
        with open(FAMILY + "prompts/facts.heldout.jsonl", encoding="utf-8") as file:
            prompts = [json.loads(line) for line in file][:6]
        for prompt in prompts:
            messages = ([{"role": "system", "content": system}] if system else []) + [{"role": "user", "content": prompt["query"]}]
            context = model.apply_chat_template(messages, add_generation_prompt=True)
            pairs = [((context, choice), *model._encode_pair(context, choice)) for choice in prompt["choices"]]
            scores = [value for value, _ in model._loglikelihood_tokens(pairs, disable_tqdm=True)]
            records.append({"id": prompt["id"], "system": system, "context": context, "loglikelihoods": scores})
    with open(os.path.dirname(os.path.abspath(__file__)) + "/chat.json", "w", encoding="utf-8") as out:
        json.dump(records, out, ensure_ascii=False, indent=1)
        out.write("\n")


main()
