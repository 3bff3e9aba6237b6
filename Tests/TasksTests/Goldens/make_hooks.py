"""What the Python functions of lm-evaluation-harness 0.4.13 make of a few documents written for this: hooks.json.

    python make_hooks.py
"""

import collections
import json
import pathlib
import random
import re
import string
import sys
import types

# transformers 5 has no squad_metrics any more; these are SQuAD's definitions.
squad = types.ModuleType("transformers.data.metrics.squad_metrics")


def words(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def compute_f1(gold, answer):
    gold, answer = words(gold), words(answer)
    if not gold or not answer:
        return int(gold == answer)
    common = sum((collections.Counter(gold) & collections.Counter(answer)).values())
    return 2 * common / (len(gold) + len(answer))


squad.compute_exact = lambda gold, answer: int(words(gold) == words(answer))
squad.compute_f1 = compute_f1
sys.modules["transformers.data.metrics"] = types.ModuleType("transformers.data.metrics")
sys.modules["transformers.data.metrics"].squad_metrics = squad
sys.modules["transformers.data.metrics.squad_metrics"] = squad

from lm_eval.tasks.coqa import utils as coqa
from lm_eval.tasks.drop import utils as drop
from lm_eval.tasks.gpqa.generative import utils as gpqa_generative
from lm_eval.tasks.gpqa.n_shot import utils as gpqa_n_shot
from lm_eval.tasks.gpqa.zeroshot import utils as gpqa_zeroshot
from lm_eval.tasks.hellaswag import utils as hellaswag
from lm_eval.tasks.hendrycks_math import utils as math
from lm_eval.tasks.logiqa import utils_logiqa as logiqa
from lm_eval.tasks.mmlu_pro import utils as mmlu_pro
from lm_eval.tasks.race import preprocess_race as race
from lm_eval.tasks.super_glue.copa import utils as copa
from lm_eval.tasks.truthfulqa import utils as truthfulqa
from lm_eval.tasks.wikitext import preprocess_wikitext as wikitext
from lm_eval.tasks.winogrande import preprocess_winogrande as winogrande


class Rows(list):
    def map(self, function):
        return Rows({**row, **function(row)} for row in self)

    def filter(self, function):
        return Rows(row for row in self if function(row))


cases = []


def add(task, key, function, name, document, responses=None):
    case = {"task": task, "key": key, "function": name, "document": document}
    if key == "process_docs":
        case["result"] = list(function(Rows([document])))
    elif responses is not None:
        case["responses"] = responses
        case["result"] = {k: float(v) for k, v in function(document, responses).items()}
    else:
        case["result"] = function(document)
    cases.append(case)


for document in [
    {"activity_label": "Baking", "ctx_a": "A baker [step] stirs  the dough.", "ctx_b": "the OVEN [title] is hot",
     "endings": ["[x] burns.", " rises [title] Slowly ", "a  b", "sings [un\nclosed]."], "label": "2"},
    {"activity_label": "Élan", "ctx_a": "Ein Satz", "ctx_b": "", "endings": ["a", "b", "c", "d"], "label": "0"},
]:
    add("hellaswag", "process_docs", hellaswag.process_docs, "utils.process_docs", document)
for document in [
    {"sentence": "The cup would not fit the box, for the _ was too small.", "option1": "cup", "option2": "box", "answer": "2"},
    {"sentence": "Ann thanked Eve because _ had_helped her.", "option1": "Ann", "option2": "Eve", "answer": "1"},
]:
    for key in ["doc_to_text", "doc_to_target", "doc_to_choice"]:
        add("winogrande", key, getattr(winogrande, key), f"preprocess_winogrande.{key}", document)
for page in [
    " = Title = \n\n The dogs ' house cost 1 @,@ 200 @.@ 5 ( in 1990 ) ; it was \" well known \" , he said : yes ! \n = = Part = = \n",
    "It 's a well @-@ kept [ old ] place { x } at 20 \u00b0 N . Why ? ' So ' . \n = = = = Deep = = = = \n",
]:
    add("wikitext", "doc_to_target", wikitext.wikitext_detokenizer, "preprocess_wikitext.wikitext_detokenizer", {"page": page})
for labels in [[1, 1, 0, 0], [1, 0, 0, 0]]:
    add("truthfulqa_mc2", "process_results", truthfulqa.process_results_mc2, "utils.process_results_mc2",
        {"mc2_targets": {"labels": labels}}, [[-1.5, False], [-2.25, False], [-0.5, True], [-9.0, False]])
document = {"question": "Which is prime?", "options": [" four", "five ", "six"], "category": "computer science",
            "cot_content": "A: Let's think step by step. Five has no divisors. The answer is (B).", "answer": "B"}
add("mmlu_pro_x", "doc_to_text", mmlu_pro.doc_to_text, "utils.doc_to_text", document)
add("mmlu_pro_x", "doc_to_target", mmlu_pro.fewshot_to_target, "utils.fewshot_to_target", document)
add("mmlu_pro_x", "process_docs", mmlu_pro.process_computer_science, "utils.process_computer_science", document)
add("mmlu_pro_x", "process_docs", mmlu_pro.process_law, "utils.process_law", document)
for gold, answer in [
    ("\\frac{1}{2}", "The result is $0.5$."), ("\\sqrt{3}", "$x=\\sqrt3$"), ("\\dfrac34", "3/4"), ("12\\%", "$12$"),
    ("90^\\circ", "so $a = 5$ and then $90$"), ("5 \\text{ cm}", "$5$"), ("(1,\\!2)", "$(1, 2)$"), ("7", "8"),
    (".5", "\\frac12"), ("\\left(1\\right)", "(1)"),
]:
    document = {"problem": "?", "solution": f"First $\\boxed{{1}}$, but in the end $\\boxed{{{gold}}}$."}
    add("hendrycks_math_x", "process_results", math.process_results, "utils.process_results", document, [answer])
    add("hendrycks_math_x", "process_docs", math.process_docs, "utils.process_docs", document)
document = {"passage": "p", "question": "q", "query_id": "7", "section_id": "s",
            "answer": {"number": "", "date": {"day": "", "month": "", "year": ""}, "spans": ["the Red Fox", "a 3.50 dog"]},
            "validated_answers": {"number": ["4", ""], "date": [{"day": "", "month": "", "year": ""}, {"day": "3", "month": "May", "year": "1990"}],
                                  "spans": [[], []]}}
add("drop", "process_docs", drop.process_docs, "utils.process_docs", document)
document = {**document, "answers": [list(a) for a in drop.get_answers(document)]}
for answer in ["red fox", "4.0", "3 May 1990", "May 1990", "The 3.5 dog", "4,", ""]:
    add("drop", "process_results", drop.process_results, "utils.process_results", document, [answer])
document = {"story": "Once.", "questions": {"input_text": ["Who?", "Where?"]}, "answers": {"input_text": ["a cat", "in the house"]},
            "additional_answers": {"0": {"input_text": ["cat", "at home"]}, "1": {"input_text": ["the cat", "In the house"]}}}
add("coqa", "doc_to_text", coqa.doc_to_text, "utils.doc_to_text", document)
add("coqa", "doc_to_target", coqa.doc_to_target, "utils.doc_to_target", document)
for answer in [" in a house\nQ: x", "At home!", "the", ""]:
    add("coqa", "process_results", coqa.process_results, "utils.process_results", document, [answer])
for question, label in [("cause", 0), ("effect", 1)]:
    document = {"premise": "The cup fell. ", "question": question, "choice1": "It was wet.", "choice2": "Élise cried.", "label": label}
    for key in ["doc_to_text", "doc_to_target", "doc_to_choice"]:
        add("copa", key, getattr(copa, key), f"utils.{key}", document)
document = {"context": "All is well.", "question": "Is it?", "options": ["A1", "B2", "C3", "D4"], "label": "c "}
for key in ["doc_to_text", "doc_to_target"]:
    add("logiqa", key, getattr(logiqa, key), f"utils_logiqa.{key}", document)
document = {"article": "A day.", "problems": str([
    {"question": "It was  _  .", "answer": "B", "options": ["hot", "cold's", "wet", "dry"]},
    {"question": "Why so?", "answer": "A", "options": ["sun", "moon", "star", "sea"]},
    {"question": "And then  _  .", "answer": "D", "options": ["w", "x", "y", "z"]}])}
for key in ["doc_to_text", "doc_to_target", "doc_to_choice"]:
    add("race", key, getattr(race, key), f"preprocess_race.{key}", document)

rows = [{"Question": f"q{i}", "Correct Answer": f" right {i} ", "Incorrect Answer 1": f"no {i} [title]x", "Incorrect Answer 2": f"not  {i}",
         "Incorrect Answer 3": None if i == 3 else f"never {i}"} for i in range(12)]
# A run reads the data several times; the generator of n_shot goes on, and that of the others is seeded before the first.
readings = [list(gpqa_n_shot.process_docs(Rows(rows))) for _ in range(4)]
random.seed(0)
choices = list(gpqa_zeroshot.process_docs(Rows(rows)))
random.seed(0)
generative = list(gpqa_generative.process_docs(Rows(rows)))
for task, result, examples in [("gpqa_main_n_shot", readings[3], readings[0]), ("gpqa_diamond_zeroshot", choices, choices),
                               ("gpqa_extended_cot_n_shot", generative, generative)]:
    cases.append({"task": task, "key": "process_docs", "function": "utils.process_docs", "documents": rows, "result": result,
                  "examples": examples})

document = {"question": " What happens if you eat  seeds? ", "best_answer": "Nothing.", "correct_answers": [" Nothing happens", "The seeds pass through you.", ""],
            "incorrect_answers": ["You grow plants", "Seeds are 3.5% poison, aren't they? . So they say . Yes"]}
add("truthfulqa_gen", "process_docs", truthfulqa.process_docs_gen, "utils.process_docs_gen", document)
document = list(truthfulqa.process_docs_gen(Rows([document])))[0]
for answer in ["Nothing happens.", "The seeds pass through your body .  Nothing . Happens to you", "", "You grow 1,000 plants; they're 3.5% poison. ",
               "So they say . Seeds are poison . Yes", "Ça « passe » — 20€… the seeds!", "I have no comment. 5. "]:
    add("truthfulqa_gen", "process_results", truthfulqa.process_results_gen, "utils.process_results_gen", document, [answer])

path = pathlib.Path(__file__).parent / "hooks.json"
path.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")
