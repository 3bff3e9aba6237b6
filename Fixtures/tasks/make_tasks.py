"""Makes the data of the tasks beside this file from the prompts of family a: python make_tasks.py

The splits keep apart what the family keeps apart: examples come from `search`, evaluated documents from `heldout`.
"""

import csv
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
prompts = here.parent / "families" / "a" / "prompts"


def lines(task, split):
    return [json.loads(line) for line in (prompts / f"{task}.{split}.jsonl").read_text().splitlines()]


def write(name, rows):
    (here / "data" / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def plural(row):
    labels = ["A", "B", "C", "D"]
    choices = {"text": [choice.strip() for choice in row["choices"]], "label": labels}
    word = row["query"].split(" ")[2]
    return {"id": row["id"], "word": word, "choices": choices, "answerKey": labels[row["gold"]]}


write("plurals.train.jsonl", [plural(row) for row in lines("plural", "search")[:30]])
write("plurals.test.jsonl", [plural(row) for row in lines("plural", "heldout")[:40]])

# "The calm bear sold a red drum near the barn. The barn was quiet and the bear was calm."
with open(here / "data" / "places.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["id", "sentence", "option1", "option2", "answer"])
    for index, row in enumerate(lines("text", "heldout")[:40]):
        words = row["text"].split(" ")
        place, thing = words[words.index("near") + 2].strip("."), words[words.index("near") - 1]
        start = len(words[: words.index("near") + 3])
        sentence = " ".join(words[: start + 1] + ["_"] + words[start + 2 :])
        options = [place, thing] if index % 3 else [thing, place]
        writer.writerow([index, sentence, *options, options.index(place) + 1])

rows = lines("text", "search")
(here / "data" / "stories.txt").write_text(
    "".join(row["text"] + "\n" for row in rows[:19]) + " ".join(row["text"] for row in rows[19:31]) + "\n"
)


def total(row):
    a, b = row["prompt"].rstrip("=").split("+")
    return {"a": int(a), "b": int(b), "answer": f"{a} and {b} make\n#### {row['target']}"}


write("sums.train.jsonl", [total(row) for row in lines("sums", "search")[:20]])
write("sums.test.jsonl", [total(row) for row in lines("sums", "heldout")[:40]])

table = pa.table({"text": [row["text"] for row in lines("text", "heldout")[60:100]]})
pq.write_table(table, here / "data" / "endings-00000-of-00001.parquet", compression="zstd")
