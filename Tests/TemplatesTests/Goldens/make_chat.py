"""Makes chat/renderings.jsonl: what transformers makes of the templates in chat/ on a fixed set of conversations.

The templates were written for this project with the constructs that the published ones of their families use. Run with
transformers 5.24 and jinja2 3.1.6. `strftime_now` is given a fixed day, so that the renderings can be repeated. The
first line holds the conversations; each other line names a template, a conversation and the options, and holds the
text or the name of the error.
"""

import datetime
import glob
import json
import os

from transformers.utils import chat_template_utils

TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather of a place, \"now\"", "parameters": {
    "type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer", "default": 1}}, "required": ["place"]}}}]
CALL = {"id": "call00001", "type": "function", "function": {"name": "weather", "arguments": {"place": "Zürich", "days": 2, "exact": True, "unit": None}}}
CONVERSATIONS = {
    "one": {"messages": [{"role": "user", "content": "  What is 2 + 2?\n"}]},
    "system": {"messages": [{"role": "system", "content": "You are terse. "}, {"role": "user", "content": "Hi 🙂"}]},
    "turns": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " Hello! "},
                           {"role": "user", "content": "Write \"<b>&\" twice.\n\nPlease."}]},
    "answered": {"messages": [{"role": "system", "content": "Be kind /no_think"}, {"role": "user", "content": "Hi"},
                              {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHello"}]},
    "thought": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nb"},
                             {"role": "user", "content": "c"}, {"role": "assistant", "content": "d", "reasoning_content": "because"}]},
    "tools": {"messages": [{"role": "system", "content": "Use tools."}, {"role": "user", "content": "Rain?"},
                           {"role": "assistant", "content": "", "tool_calls": [CALL]},
                           {"role": "tool", "tool_call_id": "call00001", "name": "weather", "content": "{\"rain\": 0.5}"},
                           {"role": "assistant", "content": "A little."}, {"role": "user", "content": "Thanks"}], "tools": TOOLS},
    "wrong turns": {"messages": [{"role": "assistant", "content": "I begin"}, {"role": "assistant", "content": "and go on"}]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": " look "}, {"type": "image"}]}]},
    "documents": {"messages": [{"role": "user", "content": "Who?"}], "documents": [{"title": "t1", "text": "x y"}, {"title": "t2", "text": "z"}]},
    "no thinking": {"messages": [{"role": "user", "content": "Quick"}], "enable_thinking": False},
}
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def main():
    folder = os.path.dirname(os.path.abspath(__file__)) + "/chat"
    with open(folder + "/renderings.jsonl", "w", encoding="utf-8") as out:
        out.write(json.dumps({"conversations": CONVERSATIONS, "tokens": TOKENS}, ensure_ascii=False) + "\n")
        for path in sorted(glob.glob(folder + "/*.jinja")):
            name = os.path.basename(path).removesuffix(".jinja")
            with open(path, encoding="utf-8") as file:
                template = chat_template_utils._compile_jinja_template(file.read())
            template.globals["strftime_now"] = lambda text: datetime.datetime(2026, 3, 7, 9, 5).strftime(text)
            for key, conversation in CONVERSATIONS.items():
                for prompt in (False, True):
                    variables = dict(TOKENS, tools=None, documents=None) | json.loads(json.dumps(conversation))
                    record = {"template": name, "conversation": key, "add_generation_prompt": prompt}
                    try:
                        record["text"] = template.render(add_generation_prompt=prompt, **variables)
                    except Exception as error:
                        record["error"] = type(error).__name__ + ": " + str(error)
                    out.write(json.dumps(record, ensure_ascii=False) + "\n")


main()
