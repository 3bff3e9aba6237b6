"""Renders the built-in chat templates, as transformers renders a tokenizer's, and keeps text and renderings.

python3 render_templates.py    (needs jinja2; made with jinja2 3.1.6; reads templates/NAME.jinja beside itself)

The templates are recorded by RenderedTemplateTests; after a change record them first, then run this.
"""

import json
import pathlib

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

here = pathlib.Path(__file__).parent
conversations = {
    "one-turn": {"messages": [{"role": "user", "content": "What is 2 + 2?"}], "add_generation_prompt": True},
    "system": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is 2 + 2?"},
        ],
        "add_generation_prompt": True,
    },
    "two-turns": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is 2 + 2?"},
            {"role": "assistant", "content": "4."},
            {"role": "user", "content": "And 3 + 3?"},
        ],
        "add_generation_prompt": True,
    },
    "finished": {
        "messages": [
            {"role": "user", "content": "Wie viel ist 2 + 2? \u4e8c"},
            {"role": "assistant", "content": "Vier.\n\nSo ist es."},
        ],
        "add_generation_prompt": False,
    },
}


def refuse(message):
    raise jinja2.TemplateError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
environment.globals["raise_exception"] = refuse
result = {"jinja2": jinja2.__version__, "conversations": conversations, "templates": {}}
for path in sorted((here / "templates").glob("*.jinja")):
    text = path.read_bytes().decode()
    template = environment.from_string(text)
    rendered = {
        name: template.render(**conversation, bos_token="<s>", eos_token="</s>", tools=None)
        for name, conversation in conversations.items()
    }
    result["templates"][path.stem] = {"text": text, "rendered": rendered}
(here / "rendered-templates.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
