"""Times llama.cpp on given tokens and prints the seconds as JSON: prompts as one batch, tokens one after the other.

    python time_llama_cpp.py MODEL.gguf REQUESTS.json float32|bfloat16 THREADS
"""
import json
import sys
import time

import llama_cpp as llama

model, requests, _, threads = sys.argv[1:5]
sets = json.load(open(requests))
llama.llama_backend_init()
parameters = llama.llama_model_default_params()
loaded = llama.llama_model_load_from_file(model.encode(), parameters)
settings = llama.llama_context_default_params()
# Shared evenly by the sequences.
settings.n_ctx = 16 * 1024
settings.n_batch = settings.n_ubatch = 512
settings.n_seq_max = 16
settings.n_threads = settings.n_threads_batch = int(threads)
context = llama.llama_init_from_model(loaded, settings)


def decode(rows):
    """Computes (sequence, position, token, wanted) rows together."""
    batch = llama.llama_batch_init(len(rows), 0, 1)
    batch.n_tokens = len(rows)
    for index, (sequence, position, token, wanted) in enumerate(rows):
        batch.token[index] = token
        batch.pos[index] = position
        batch.n_seq_id[index] = 1
        batch.seq_id[index][0] = sequence
        batch.logits[index] = wanted
    if llama.llama_decode(context, batch):
        sys.exit("llama_decode failed")
    llama.llama_batch_free(batch)


def forget():
    llama.llama_memory_clear(llama.llama_get_memory(context), True)


def prefill(question):
    forget()
    tokens = question["context"]
    decode([(0, position, token, position == len(tokens) - 1) for position, token in enumerate(tokens)])
    llama.llama_synchronize(context)


def generate(prompts):
    forget()
    for sequence, prompt in enumerate(prompts):
        decode([(sequence, p, token, p == len(prompt["prompt"]) - 1) for p, token in enumerate(prompt["prompt"])])
    length = len(prompts[0]["prompt"])
    # Which token comes next does not change the work.
    for step in range(prompts[0]["tokens"] - 1):
        decode([(sequence, length + step, 5 + sequence, True) for sequence in range(len(prompts))])
    llama.llama_synchronize(context)


seconds = {}
for name, work in [("pp512", lambda: prefill(sets["scoring"]["pp512"][0]))] + [
    (name, lambda prompts=prompts: generate(prompts)) for name, prompts in sets["decoding"].items()
]:
    work()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    seconds[name] = sorted(times)[1]
print(json.dumps(seconds))
