#!/usr/bin/env python3
"""Encodes the texts of golden.json with the tokenizer that a union of all three models got, by the tokenizers library.

    python encode_merged.py MERGED_TOKENIZER_JSON > merged.json

The file is what the tests of merging record as Goldens/union/tokenizer.json. That the library numbers the added tokens
as the file states is checked on the way.
"""
import json
import sys
from pathlib import Path

from tokenizers import Tokenizer

path = Path(sys.argv[1])
merged = Tokenizer.from_file(str(path))
for token in json.loads(path.read_text())["added_tokens"]:
    assert merged.token_to_id(token["content"]) == token["id"], token
texts = json.loads((Path(__file__).resolve().parent / "golden.json").read_text())["texts"]
encodings = [merged.encode(text).tokens for text in texts]
print(json.dumps({"encodings": {"union": encodings}}, ensure_ascii=False))
