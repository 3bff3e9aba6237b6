"""Validates specs against the schema that editors use, and keeps the verdicts.

python3 validate_specs.py    (needs jsonschema and PyYAML; made with jsonschema 4.26.0; works beside itself)

schema.json and specs.json are recorded by SchemaVerdictTests; after a change record them first, then run this.
"""

import json
import pathlib
import re
from importlib.metadata import version

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

here = pathlib.Path(__file__).parent


class Loader(yaml.SafeLoader):
    """Numbers as YAML 1.2 and editors have them: 1e-5 is one."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789"))


def digest(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


text = (here / "schema.json").read_bytes().decode()
schema = json.loads(text)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
verdicts = {}
for case in json.loads((here / "specs.json").read_text()):
    faults = [
        fault
        for document in yaml.load_all(case["spec"], Loader=Loader)
        for fault in [best_match(validator.iter_errors(document))]
        if fault is not None
    ]
    verdict = {"digest": digest(case["spec"]), "valid": not faults}
    if faults:
        place = "/".join(str(part) for part in faults[0].absolute_path)
        message = faults[0].message
        verdict["fault"] = f"{place}: {message[:120]}"
    verdicts[case["name"]] = verdict
    if verdict["valid"] != case["valid"]:
        print("!", case["name"], "should be", "valid" if case["valid"] else "invalid", verdict.get("fault", ""))
result = {"validator": "jsonschema " + version("jsonschema"), "schema": digest(text), "verdicts": verdicts}
(here / "verdicts.json").write_text(json.dumps(result, indent=1) + "\n")
print(sum(verdict["valid"] for verdict in verdicts.values()), "valid of", len(verdicts))
