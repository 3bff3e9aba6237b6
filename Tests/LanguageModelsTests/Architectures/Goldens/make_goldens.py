"""What transformers computes with tiny models of every family, in float32.

    python make_goldens.py [FAMILY...]      # transformers 5.24, torch 2.15; writes one JSON file per family beside itself

Weights follow from a formula, so that only names and shapes are stored: element i of the tensor NAME is the number i of
splitmix64 seeded with FNV-1a 64 of NAME, its upper 24 bits scaled to [-1, 1), times 0.25 for biases and norms (plus 1
for the weights of norms), times 0.3 for everything else. `FormulaWeights.swift` does the same.

Each kind of a family has: config (as saved, or in an older dialect), tensors, unused (those without a use), tokens,
logprobs (of each token but the first, given those before it), last (of every token after all of them), generated (ten
greedy tokens, with keys and values kept). Encoders (encoders.json) have texts and their vectors instead, and the files
that sentence-transformers puts beside the weights.
"""
import json, re, sys, tempfile
from pathlib import Path
import numpy, torch, transformers
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).parent
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
VOCABULARY, LENGTH, NEW = 61, 20, 10


def formula(name, shape):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    count = int(numpy.prod(shape))
    with numpy.errstate(over="ignore"):
        x = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x = x ^ (x >> numpy.uint64(31))
    unit = (x >> numpy.uint64(40)).astype(numpy.float32) / numpy.float32(2**23) - numpy.float32(1)
    norm = re.search("norm|ln_", name.lower()) is not None
    values = unit * numpy.float32(0.25 if norm or name.endswith("bias") else 0.3)
    if norm and name.endswith("weight"):
        values += numpy.float32(1)
    return values.reshape(shape)


BASE = dict(vocab_size=VOCABULARY, hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=64, bos_token_id=0, eos_token_id=None, pad_token_id=None)
HEADS = dict(BASE, head_dim=8)


def rope(kind="default", theta=1000.0, **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


def old(config):
    """The dialect before version 5."""
    parameters = config.pop("rope_parameters")
    config["torch_dtype"] = config.pop("dtype")
    if "full_attention" in parameters:
        config["rope_theta"] = parameters["full_attention"].pop("rope_theta")
        config["rope_local_base_freq"] = parameters["sliding_attention"].pop("rope_theta")
        parameters = parameters["full_attention"]
    else:
        config["rope_theta"] = parameters.pop("rope_theta")
    if "partial_rotary_factor" in parameters:
        config["partial_rotary_factor"] = parameters.pop("partial_rotary_factor")
    config["rope_scaling"] = None if parameters.get("rope_type", "default") == "default" else parameters


def without(*keys):
    def change(config):
        for key in keys:
            config.pop(key, None)
    return change


def old_neox(config):
    parameters = config.pop("rope_parameters")
    config["rotary_emb_base"], config["rotary_pct"] = parameters["rope_theta"], parameters["partial_rotary_factor"]


def both(*changes):
    def change(config):
        for one in changes:
            one(config)
    return change


SHORT, LONG = [1.0, 1.1, 1.3], [1.0, 2.5, 4.0]
GEMMA = dict(HEADS, query_pre_attn_scalar=6, sliding_window=5)
VISION = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, image_size=28, patch_size=14)
MOE = dict(HEADS, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=12)
GPT2 = dict(vocab_size=VOCABULARY, n_embd=24, n_layer=3, n_head=3, n_positions=40, bos_token_id=0, eos_token_id=None)
NEOX = {key: value for key, value in BASE.items() if key != "num_key_value_heads"}

# kind: (settings, change of the saved configuration, layout of the tensors)
FAMILIES = {
    "mistral": ("Mistral", {
        "window": (dict(BASE, sliding_window=5), None),
        "no-window": (dict(BASE, sliding_window=None), old),
        "default-window": (dict(BASE, sliding_window=4096), without("sliding_window")),
        "heads": (dict(HEADS, sliding_window=7, tie_word_embeddings=True), None),
    }),
    "qwen2": ("Qwen2", {
        "plain": (BASE, None),
        "older": (dict(BASE, tie_word_embeddings=True), both(old, without("layer_types"))),
        "windows": (dict(BASE, use_sliding_window=True, sliding_window=5, max_window_layers=1), without("layer_types")),
        "layer-types": (dict(BASE, use_sliding_window=True, sliding_window=5, layer_types=["sliding_attention", "full_attention", "sliding_attention"]), None),
        "yarn": (dict(BASE, rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16)), None),
    }),
    "qwen3": ("Qwen3", {
        "plain": (HEADS, None),
        "tied": (dict(HEADS, tie_word_embeddings=True, attention_bias=True), both(old, without("layer_types"))),
        "windows": (dict(HEADS, use_sliding_window=True, sliding_window=6, max_window_layers=2), None),
    }),
    "gemma": ("Gemma", {
        "plain": (HEADS, None),
        "older": (dict(HEADS, num_key_value_heads=1, tie_word_embeddings=True), both(old, lambda config: config.update(hidden_act="gelu"), without("tie_word_embeddings"))),
        "untied": (dict(HEADS, tie_word_embeddings=False, attention_bias=True), None),
    }),
    "gemma2": ("Gemma2", {
        "plain": (GEMMA, None),
        "older": (dict(GEMMA, attn_logit_softcapping=3.0, final_logit_softcapping=4.0), both(old, without("layer_types"))),
        "no-caps": (dict(GEMMA, attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=True), None),
        "default-caps": (GEMMA, without("attn_logit_softcapping", "final_logit_softcapping")),
    }),
    "gemma3": ("Gemma3", {
        "text": (dict(GEMMA, layer_types=["sliding_attention", "full_attention", "sliding_attention"]), None),
        "older": (dict(GEMMA, sliding_window_pattern=2, rope_parameters={"full_attention": rope("linear", 5000.0, factor=4.0), "sliding_attention": rope(theta=100.0)}),
                  both(old, without("layer_types"), lambda config: config.update(sliding_window_pattern=2))),
        "rope-per-layer-type": (dict(GEMMA, layer_types=["full_attention", "sliding_attention", "full_attention"],
                                     rope_parameters={"full_attention": rope("linear", 5000.0, factor=4.0), "sliding_attention": rope(theta=100.0)}), None),
        "pictures": (dict(text_config=GEMMA, vision_config=VISION), None),
        "pictures-older": (dict(text_config=GEMMA, vision_config=VISION), without("tie_word_embeddings"), "older"),
    }),
    "phi3": ("Phi3", {
        "plain": (dict(BASE, rope_parameters=rope(partial_rotary_factor=1.0)), None),
        "window": (dict(BASE, sliding_window=5, tie_word_embeddings=True, rope_parameters=rope(partial_rotary_factor=1.0)), None),
        "partial": (dict(BASE, num_attention_heads=3, num_key_value_heads=3, rope_parameters=rope(partial_rotary_factor=0.75)), old),
        "longrope": (dict(BASE, max_position_embeddings=64, original_max_position_embeddings=32, rope_parameters=rope("longrope", short_factor=SHORT, long_factor=LONG, partial_rotary_factor=1.0)), None),
        "longrope-long": (dict(BASE, max_position_embeddings=64, original_max_position_embeddings=12, rope_parameters=rope("longrope", short_factor=SHORT, long_factor=LONG, partial_rotary_factor=1.0)),
                          both(old, lambda config: config["rope_scaling"].update(type="su") or config["rope_scaling"].pop("rope_type"))),
        "longrope-crossing": (dict(BASE, max_position_embeddings=64, original_max_position_embeddings=24, rope_parameters=rope("longrope", short_factor=SHORT, long_factor=LONG, partial_rotary_factor=1.0)), None),
    }),
    "olmo2": ("Olmo2", {
        "plain": (BASE, None),
        "biases": (dict(BASE, num_key_value_heads=4, attention_bias=True, tie_word_embeddings=True), old),
    }),
    "gpt2": ("GPT2LMHead", {
        "plain": (GPT2, None),
        "inner": (dict(GPT2, n_inner=36, scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True), None, "bare"),
        "unscaled": (dict(GPT2, scale_attn_weights=False, activation_function="relu", tie_word_embeddings=False), None),
    }),
    "gpt_neox": ("GPTNeoX", {
        "plain": (dict(NEOX, num_attention_heads=3, rope_parameters=rope(partial_rotary_factor=0.25)), None),
        "sequential": (dict(NEOX, use_parallel_residual=False, attention_bias=False, rope_parameters=rope(partial_rotary_factor=1.0)), old_neox),
        "tied": (dict(NEOX, num_attention_heads=2, hidden_act="gelu_new", tie_word_embeddings=True, rope_parameters=rope(partial_rotary_factor=0.5)), None),
    }),
    "mixtral": ("Mixtral", {
        "plain": (dict(BASE, num_local_experts=4, num_experts_per_tok=2), None),
        "stacked": (dict(BASE, num_local_experts=3, num_experts_per_tok=1, sliding_window=6), old, "state"),
    }),
    "qwen3_moe": ("Qwen3Moe", {
        "plain": (MOE, None),
        "stacked": (dict(MOE, norm_topk_prob=True, attention_bias=True), old, "state"),
        "mixed": (dict(MOE, mlp_only_layers=[0], num_experts_per_tok=3, use_sliding_window=True, sliding_window=6), None),
        "steps": (dict(MOE, decoder_sparse_step=2, tie_word_embeddings=True), None),
    }),
}
OLDER_NAMES = [("model.language_model.", "language_model.model."), ("model.vision_tower.", "vision_tower."),
               ("model.multi_modal_projector.", "multi_modal_projector."), ("lm_head.", "language_model.lm_head.")]


@torch.no_grad()
def golden(name, kind, settings, change=None, layout="saved"):
    pictures = "text_config" in settings
    start = name + ("ForConditionalGeneration" if pictures else "Model" if name.startswith("GPT2") else "ForCausalLM")
    config_name = {"GPT2LMHead": "GPT2", "Gemma3": "Gemma3" if pictures else "Gemma3Text"}.get(name, name) + "Config"
    settings = json.loads(json.dumps(settings))
    model_type = getattr(transformers, start)
    model = model_type._from_config(getattr(transformers, config_name)(**settings), attn_implementation="eager")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        model.save_pretrained(folder)
        config = json.loads((folder / "config.json").read_text())
        with safe_open(folder / "model.safetensors", "numpy") as file:
            shapes = {key: file.get_slice(key).get_shape() for key in file.keys()}
        if layout == "state":
            shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
        elif layout == "bare":
            shapes = {key.removeprefix("transformer."): value for key, value in shapes.items()}
        elif layout == "older":
            for new, older in OLDER_NAMES:
                shapes = {older + key.removeprefix(new) if key.startswith(new) else key: value for key, value in shapes.items()}
        if config.get("tie_word_embeddings", True) and layout == "state":
            shapes.pop("lm_head.weight", None)
        save_file({key: formula(key, shape) for key, shape in shapes.items()}, folder / "model.safetensors", metadata={"format": "pt"})
        (change or (lambda config: None))(config)
        config.pop("transformers_version", None)
        (folder / "config.json").write_text(json.dumps(config))

        def load():
            model, loading = model_type.from_pretrained(folder, attn_implementation="eager", output_loading_info=True)
            assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"], loading
            return model.eval()

        for shift in range(20):
            # A fresh model each time: rotary scaling may remember the longest text it has seen.
            tokens = [(7 * i * i + 3 * i + shift) % VOCABULARY for i in range(LENGTH)]
            logits = load()(input_ids=torch.tensor([tokens]), use_cache=False).logits[0]
            logprobs = logits.double().log_softmax(-1)
            generation = load().generate(
                torch.tensor([tokens]), attention_mask=torch.ones(1, LENGTH, dtype=torch.long), max_new_tokens=NEW, do_sample=False, output_scores=True, return_dict_in_generate=True, eos_token_id=None, pad_token_id=0)
            new = generation.sequences[0, LENGTH:].tolist()
            margin = min((top[0, 0] - top[0, 1]).item() for top in (score.topk(2).values for score in generation.scores))
            # No two tokens so near that rounding decides.
            if margin > 3e-3:
                break
        else:
            raise AssertionError((name, kind))
    used = re.compile("vision_tower|multi_modal")
    print(name, kind, len(shapes), new, round(margin, 4), round(logprobs.min().item(), 2))
    return {
        "config": config, "tensors": {key: list(shape) for key, shape in sorted(shapes.items())},
        "unused": sorted(key for key in shapes if used.search(key)), "tokens": tokens,
        "logprobs": [round(logprobs[i, token].item(), 6) for i, token in enumerate(tokens[1:])],
        "last": [round(value, 6) for value in logprobs[-1].tolist()], "generated": new,
    }


BERT = dict(vocab_size=VOCABULARY, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=40, pad_token_id=0)
ROBERTA = dict(BERT, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)


def modules(pooling, normalize=False, folder="", length=None):
    names = [("", "Transformer"), ("1_Pooling", "Pooling")] + [("2_Normalize", "Normalize")] * normalize
    files = {"modules.json": [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{name}"} for i, (path, name) in enumerate(names)],
             "1_Pooling/config.json": pooling}
    if length:
        files["sentence_bert_config.json"] = {"max_seq_length": length, "do_lower_case": False}
    return files


def flags(*on):
    keys = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
    return {"word_embedding_dimension": 24, **{f"pooling_mode_{key}": key in on for key in keys}}


# kind: (model, settings, files, poolings as sentence-transformers computes them, whether normalised, change of names)
ENCODERS = {
    "bert-mean": ("BertModel", BERT, modules(flags("mean_tokens"), normalize=True, length=32), ["mean"], True, None),
    "bert-cls": ("BertModel", dict(BERT, hidden_act="gelu_new", num_attention_heads=4), modules(flags("cls_token"), normalize=True), ["cls"], True, None),
    "bert-masked-words": ("BertForMaskedLM", BERT, {}, ["mean"], False,
                          lambda key: key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")),
    "roberta-several": ("RobertaModel", ROBERTA, modules(flags("mean_tokens", "max_tokens", "lasttoken")), ["max", "mean", "last"], False, None),
    "xlm-roberta-rest": ("XLMRobertaModel", ROBERTA, modules(flags("mean_sqrt_len_tokens", "weightedmean_tokens")), ["root", "weighted"], False, None),
    "xlm-roberta-newer": ("XLMRobertaModel", ROBERTA, modules({"embedding_dimension": 24, "pooling_mode": "lasttoken"}), ["last"], False, None),
}
POOLINGS = {
    "cls": lambda rows: rows[0], "last": lambda rows: rows[-1], "max": lambda rows: rows.max(0).values, "mean": lambda rows: rows.mean(0),
    "root": lambda rows: rows.sum(0) / len(rows) ** 0.5,
    "weighted": lambda rows: (rows * torch.arange(1, len(rows) + 1)[:, None]).sum(0) / (len(rows) * (len(rows) + 1) / 2),
}


@torch.no_grad()
def encoder_golden(kind, start, settings, files, poolings, normalized, rename):
    model_type = getattr(transformers, start)
    config = getattr(transformers, start.removesuffix("Model").removesuffix("ForMaskedLM") + "Config")(**settings)
    model = model_type._from_config(config, attn_implementation="eager")
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        config = json.loads((Path(folder) / "config.json").read_text())
        with safe_open(Path(folder) / "model.safetensors", "numpy") as file:
            shapes = {key: file.get_slice(key).get_shape() for key in file.keys()}
        weights = {key: formula((rename or str)(key), shape) for key, shape in shapes.items()}
        save_file(weights, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model = model_type.from_pretrained(folder, attn_implementation="eager").eval()
    texts = [[(5 * i * i + 2 * i + length) % (VOCABULARY - 2) + 2 for i in range(length)] for length in (1, 2, 9, 20, 30)]
    vectors = []
    for tokens in texts:
        rows = getattr(model, "bert", model)(input_ids=torch.tensor([tokens])).last_hidden_state[0]
        vector = torch.cat([POOLINGS[pooling](rows) for pooling in poolings])
        vectors.append((vector / vector.norm() if normalized else vector).tolist())
    config.pop("transformers_version", None)
    print(kind, len(shapes), vectors[-1][:3])
    return {"config": config, "files": {name: json.dumps(content) for name, content in files.items()}, "tensors": {(rename or str)(key): list(shape) for key, shape in sorted(shapes.items())},
            "unused": sorted((rename or str)(key) for key in shapes if key.startswith("cls.")), "texts": texts,
            "vectors": [[round(value, 6) for value in vector] for vector in vectors]}


def write(family, kinds):
    lines = [f"{json.dumps(kind)}: {json.dumps(golden)}" for kind, golden in kinds.items()]
    (HERE / f"{family}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


wanted = sys.argv[1:] or [*FAMILIES, "encoders"]
for family, (name, kinds) in FAMILIES.items():
    if family in wanted:
        write(family, {kind: golden(name, kind, *what) for kind, what in kinds.items()})
if "encoders" in wanted:
    write("encoders", {kind: encoder_golden(kind, *what) for kind, what in ENCODERS.items()})
