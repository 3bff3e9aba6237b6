extension ChatTemplate {
  /// Stanford Alpaca: a preamble, then instruction and response under headings.
  static let alpaca = BuiltIn(
    name: "alpaca",
    text: #"""
      {%- if messages[0]['role'] == 'system' -%}
      {{- messages[0]['content'] + '\n\n' -}}
      {%- else -%}
      {{- 'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' -}}
      {%- endif -%}
      {%- for message in messages -%}
      {%- if message['role'] == 'user' -%}
      {{- '### Instruction:\n' + message['content'] + '\n\n' -}}
      {%- elif message['role'] == 'assistant' -%}
      {{- '### Response:\n' + message['content'] + eos_token + '\n\n' -}}
      {%- endif -%}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- '### Response:\n' -}}
      {%- endif -%}
      """#)

  /// ChatML: every message between `<|im_start|>role` and `<|im_end|>`.
  static let chatML = BuiltIn(
    name: "chatml",
    text: #"""
      {%- for message in messages -%}
      {{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' -}}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- '<|im_start|>assistant\n' -}}
      {%- endif -%}
      """#)

  /// EXAONE 3: every message behind `[|role|]`, all but the user's closed by `[|endofturn|]`.
  static let exaone = BuiltIn(
    name: "exaone",
    text: #"""
      {%- for message in messages -%}
      {%- if loop.first and message['role'] != 'system' -%}
      {{- '[|system|][|endofturn|]\n' -}}
      {%- endif -%}
      {{- '[|' + message['role'] + '|]' + message['content'] -}}
      {{- '\n' if message['role'] == 'user' else '[|endofturn|]\n' -}}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- '[|assistant|]' -}}
      {%- endif -%}
      """#)

  /// Llama 3: every message behind a header with the role, closed by `<|eot_id|>`.
  static let llama3 = BuiltIn(
    name: "llama3",
    text: #"""
      {{- '<|begin_of_text|>' -}}
      {%- for message in messages -%}
      {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' -}}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
      {%- endif -%}
      """#)

  /// Mistral 7B Instruct: the user between `[INST]` and `[/INST]`, a system text before the first words of the user.
  static let mistral = BuiltIn(
    name: "mistral",
    text: #"""
      {{- bos_token -}}
      {%- set ns = namespace(system='') -%}
      {%- for message in messages -%}
      {%- if message['role'] == 'system' -%}
      {%- set ns.system = message['content'] + '\n\n' -%}
      {%- elif message['role'] == 'user' -%}
      {{- '[INST] ' + ns.system + message['content'] + ' [/INST]' -}}
      {%- set ns.system = '' -%}
      {%- elif message['role'] == 'assistant' -%}
      {{- ' ' + message['content'] + eos_token -}}
      {%- endif -%}
      {%- endfor -%}
      """#)
}
