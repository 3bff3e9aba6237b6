"""Times the hf backend of lm-evaluation-harness on given tokens and prints the seconds as JSON.

    python time_lm_eval.py MODEL REQUESTS.json float32|bfloat16 THREADS
"""
import json
import sys
import time

import torch
from lm_eval.models.huggingface import HFLM

model, requests, precision, threads = sys.argv[1:5]
torch.set_num_threads(int(threads))
sets = json.load(open(requests))
lm = HFLM(pretrained=model, dtype=precision, device="cpu", batch_size=4)
seconds = {}
with torch.no_grad():
    lm._loglikelihood_tokens([(("", ""), [1, 2, 3], [4])], disable_tqdm=True)
    for name, questions in sets["scoring"].items():
        pairs = [
            (("", ""), question["context"], continuation)
            for question in questions
            for continuation in question["continuations"]
        ]
        start = time.perf_counter()
        lm._loglikelihood_tokens(pairs, disable_tqdm=True)
        seconds[name] = time.perf_counter() - start
    for name, prompts in sets["decoding"].items():
        # Prompts of one length, so that the batch has no padding.
        tokens = torch.tensor([prompt["prompt"] for prompt in prompts])
        count = prompts[0]["tokens"]
        start = time.perf_counter()
        lm.model.generate(
            tokens, attention_mask=torch.ones_like(tokens), min_new_tokens=count, max_new_tokens=count, do_sample=False,
            pad_token_id=0)
        seconds[name] = time.perf_counter() - start
print(json.dumps(seconds))
