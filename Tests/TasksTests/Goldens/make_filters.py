"""What the filters of lm-evaluation-harness 0.4.13 and sacrebleu make of some texts: filters.json.

    python make_filters.py
"""

import json
import pathlib

import sacrebleu
from rouge_score import rouge_scorer
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters import build_filter_ensemble
from lm_eval.api.instance import Instance

texts = [
    "The answer is 42.", "Therefore #### 1,234\nand more", "so (B) is right", "answer: C", " x = -3.5 or -7 ", "",
    "no digits", "12 and 34 and $56.78", "É 😀 (A) (D)", "line one\nline two 9", "aXbXc", "The fox.", "guilty of romance",
    "yes", "NO", "٣ and 4", "a.b.c", "\ttabs\u00a0and nbsp\u3000", "ab12cd", "(C", "the red  fox!",
]
choices = ["Guilty", "guilty of romance", "The fox", "yes."]
steps = [
    [{"function": "regex", "regex_pattern": "#### (\\-?[0-9\\.\\,]+)"}],
    [{"function": "regex", "regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)", "group_select": -1}],
    [{"function": "regex", "regex_pattern": "(?i)answer(?: is|:)\\s*(\\S+?)\\.?$", "fallback": "none"}],
    [{"function": "regex", "regex_pattern": "\\d+"}],
    [{"function": "regex", "regex_pattern": "X*"}, {"function": "lowercase"}],
    [{"function": "regex", "regex_pattern": "(?s)line.*?\\Z"}],
    [{"function": "regex", "regex_pattern": "^\\w+$"}],
    [{"function": "regex", "regex_pattern": "(?<=\\()[\\u0041-\\u0044](?=\\))", "group_select": 0}],
    [{"function": "regex", "regex_pattern": "(?P<x>[a-z])(?P<y>\\d)?"}, {"function": "uppercase"}],
    [{"function": "remove_whitespace"}, {"function": "lowercase"}],
    [{"function": "map", "mapping_dict": {"yes": "1", "NO": "0"}, "default_value": "?"}],
    [{"function": "multi_choice_regex", "regex_pattern": "(\\([A-Z]\\))", "group_select": 0, "ignore_case": True,
      "ignore_punctuation": True}],
    [{"function": "multi_choice_regex", "regex_pattern": "(\\([A-Z]\\))", "group_select": -1,
      "regexes_to_ignore": ["the ", "The "]}],
]
filters = []
for pipeline in steps:
    ensemble = build_filter_ensemble(
        "x", [[step["function"], {k: v for k, v in step.items() if k != "function"}] for step in pipeline]
        + [["take_first", None]])
    instances = [Instance("generate_until", {"choices": choices}, (text, {}), 0) for text in texts]
    for instance, text in zip(instances, texts):
        instance.resps = [text]
    ensemble.apply(instances)
    filters.append({"steps": pipeline, "results": [i.filtered_resps["x"] for i in instances]})

matches = []
for options in [{}, {"ignore_case": True}, {"ignore_punctuation": True}, {"ignore_numbers": True, "ignore_case": True},
                {"regexes_to_ignore": [",", "\\$", "(?s).*#### ", "\\.$"]}]:
    for a, b in [("The Fox!", "the fox"), ("1,234", "1234"), ("x #### $5.", "5"), ("é", "e\u0301"), ("a1", "A2"), ("", ""),
                 ("ab.", "ab"), ("…", "")]:
        matches.append([options, a, b, float(exact_match_hf_evaluate(predictions=[a], references=[b], **options)["exact_match"])])

hypotheses = ["The quick brown fox jumps over the lazy dog.", "It's 3.5 times, isn't it?", "a b", "Ein Satz &amp; mehr (hier)-dort",
              "nothing in common"]
references = ["The fast brown fox jumped over the lazy dogs.", "It is 3.5 times; isn't it?", "a b c", "Ein Satz & mehr (da)-dort",
              "completely different words here"]
scores = {
    "bleu": sacrebleu.corpus_bleu(hypotheses, [references]).score,
    "chrf": sacrebleu.corpus_chrf(hypotheses, [references]).score,
    "bleu_two": sacrebleu.corpus_bleu(hypotheses, [references, hypotheses[::-1]]).score,
    "bleu_each": [sacrebleu.corpus_bleu([h], [[r]]).score for h, r in zip(hypotheses, references)],
    "chrf_each": [sacrebleu.corpus_chrf([h], [[r]]).score for h, r in zip(hypotheses, references)],
}
def ter(hypotheses, *references):
    return sacrebleu.corpus_ter(hypotheses, [list(r) for r in references]).score


import random
rng = random.Random(5)
vocabulary = "the a red fox dog jumps over lazy quick house and runs, stops. Far".split()
shuffled, originals = [], []
for size in [1, 2, 3, 5, 8, 12, 20, 33, 60, 90]:
    for _ in range(4):
        original = rng.choices(vocabulary, k=size)
        words = list(original)
        for _ in range(rng.randint(0, 3)):
            start = rng.randrange(len(words))
            run = [words.pop(start) for _ in range(min(rng.randint(1, 5), len(words) - start))]
            place = rng.randint(0, len(words))
            words[place:place] = run
        for _ in range(rng.randint(0, 4)):
            place = rng.randrange(len(words) + 1)
            words[place:place + rng.randint(0, 1)] = rng.choices(vocabulary, k=rng.randint(0, 1))
        shuffled.append(" ".join(words).upper() if size == 5 else " ".join(words))
        originals.append(" ".join(original))
shuffled += ["", "a b", "", "word " * 80, "short"]
originals += ["a b", "", "", "word", "short " + "tail " * 70]
scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"])
lines = [("The fox ran.\nIt was quick; the dog slept\n\nAll day", "A dog slept all day.\nThe quick fox ran, and the fox slept"), ("one", "one"), ("", "x"), ("\n", "\n"),
         ("Größe 3.5km O'Neil_x", "Gr e 3 5KM o neil x"), ("İstanbul K", "istanbul k")] + list(zip(hypotheses, references)) + list(zip(shuffled, originals))[::5]
scores |= {
    "ter": ter(hypotheses, references), "ter_two": ter(hypotheses, references, hypotheses[::-1]), "ter_each": [ter([h], [r]) for h, r in zip(shuffled, originals)],
    "ter_all": ter(shuffled, originals), "bleu_intl": [sacrebleu.corpus_bleu([h], [[r]], tokenize="intl").score for h, r in lines],
}
rouge = [[h, r] + [scorer.score(r, h)[kind].fmeasure for kind in ["rouge1", "rouge2", "rougeL", "rougeLsum"]] for h, r in lines]
document = {"shuffled": shuffled, "originals": originals, "rouge": rouge, "texts": texts, "choices": choices, "filters": filters, "matches": matches,
            "hypotheses": hypotheses, "references": references, "scores": scores}
(pathlib.Path(__file__).parent / "filters.json").write_text(json.dumps(document, ensure_ascii=False, indent=None) + "\n")
