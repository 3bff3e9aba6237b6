import LanguageModels
import Templates
import Testing

@Suite struct ChatTemplateTests {
  private static let chatML = """
    {% for message in messages %}<|im_start|>{{ message.role }}
    {{ message.content | trim }}<|im_end|>
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
    {% endif %}
    """

  private func read(_ files: [String: String]) throws -> ChatTemplate? {
    try ChatTemplate.read(model: "m") { files[$0].map { Array($0.utf8) } }
  }

  private func fault(_ files: [String: String]) -> String {
    do {
      _ = try read(files)
      return "no fault"
    } catch {
      return String(describing: error)
    }
  }

  @Test func `a file with the template outranks the settings`() throws {
    let settings = #"{"chat_template": "settings", "bos_token": "<s>"}"#
    #expect(try read(["tokenizer_config.json": settings])?.text == "settings")
    #expect(try read(["tokenizer_config.json": settings, "chat_template.jinja": "file"])?.text == "file")
    #expect(try read(["tokenizer_config.json": #"{"bos_token": "<s>"}"#]) == nil)
    #expect(try read([:]) == nil)
  }

  @Test func `of several templates the default one counts`() throws {
    let list = #"[{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]"#
    #expect(try read(["tokenizer_config.json": "{\"chat_template\": \(list)}"])?.text == "d")
    #expect(try read(["tokenizer_config.json": #"{"chat_template": [{"name": "a", "template": "t"}]}"#])?.text == "t")
    #expect(try read(["tokenizer_config.json": #"{"chat_template": {"default": "d", "rag": "r"}}"#])?.text == "d")
    #expect(
      fault(["tokenizer_config.json": #"{"chat_template": {"a": "d", "b": "r"}}"#]).contains("there are: \"a\", \"b\""))
    #expect(fault(["tokenizer_config.json": #"{"chat_template": 7}"#]).contains("expected a string, found a number"))
    #expect(
      fault(["tokenizer_config.json": #"{"chat_template": [{"name": "a"}]}"#]).contains("\"template\" is missing"))
  }

  @Test func `special tokens come from both files, the tokenizer's settings first`() throws {
    let files = [
      "tokenizer_config.json":
        #"{"chat_template": "{{ bos_token }}{{ eos_token }}{{ pad_token }}|", "bos_token": {"content": "<s>"}, "pad_token": null}"#,
      "special_tokens_map.json": #"{"bos_token": "<x>", "eos_token": "</s>"}"#,
    ]
    let template = try #require(try read(files))
    #expect(try template.render([.user("a")], addingGenerationPrompt: true) == "<s></s>|")
  }

  @Test func `a conversation is written by the template`() throws {
    let template = ChatTemplate(text: Self.chatML, file: "t")
    let text = try template.render([.system(" s "), .user("u")], addingGenerationPrompt: true)
    #expect(text == "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n")
  }

  @Test func `a message that is continued ends the text`() throws {
    let template = ChatTemplate(text: Self.chatML, file: "t")
    func continued(_ content: String) throws -> String {
      try template.renderContinued([.user("u"), ChatMessage(role: "assistant", content: content)])
    }
    let lead = "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n"
    #expect(try continued("The answer is") == lead + "The answer is")
    // This template takes blanks away, so none are left to keep.
    #expect(try continued("The answer is ") == lead + "The answer is")
    let keeping = ChatTemplate(text: "{% for m in messages %}[{{ m.content }}]{% endfor %}", file: "t")
    #expect(try keeping.renderContinued([.user("a"), ChatMessage(role: "assistant", content: " b ")]) == "[a][ b ")
    let changing = ChatTemplate(text: "{% for m in messages %}{{ m.content | upper }}{% endfor %}", file: "t")
    #expect(throws: TemplateError.self) { try changing.renderContinued([.user("abc")]) }
  }

  @Test func `a template that refuses the system is asked without it`() throws {
    let text =
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}{% endfor %}"
    let template = ChatTemplate(text: text, file: "t")
    #expect(template.refusesSystem)
    #expect(try template.prompt([.system("s"), .user("u")]) == "u")
    #expect(throws: TemplateError.self) { try template.render([.system("s")], addingGenerationPrompt: true) }
    #expect(!ChatTemplate(text: Self.chatML, file: "t").refusesSystem)
    #expect(!ChatTemplate(text: "{{ raise_exception('never') }}", file: "t").refusesSystem)
  }

  @Test func `a template that does not parse is a fault only when it is used`() throws {
    let template = try #require(try read(["chat_template.jinja": "{% if %}"]))
    do throws(TemplateError) {
      _ = try template.prompt([.user("u")])
      Issue.record("the template is no template")
    } catch {
      #expect(error.description == "m/chat_template.jinja:1:7: expected a value, found \"%}\"")
    }
  }

  @Test func `the day in a template is always the same`() throws {
    let template = ChatTemplate(text: "{{ strftime_now('%d %b %Y') }}", file: "t")
    #expect(try template.prompt([.user("u")]) == "01 Jan 2025")
    #expect(try template.prompt([.user("u")], clock: TemplateClock(year: 2026, month: 11, day: 25)) == "25 Nov 2026")
  }
}
