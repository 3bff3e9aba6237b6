import Documents
import Testing
import Vocabularies

@Suite struct ChatTemplateTests {
  @Test func `every built-in template is sound, and has its name's format`() throws {
    let marks = [
      "alpaca": "### Instruction:\\n", "chatml": "<|im_start|>", "exaone": "[|endofturn|]",
      "llama3": "<|start_header_id|>", "mistral": "[/INST]",
    ]
    #expect(ChatTemplate.builtIn.map(\.name) == marks.keys.sorted())
    for template in ChatTemplate.builtIn {
      #expect(ChatTemplate.fault(in: template.text) == nil, "\(template.name)")
      #expect(template.text.contains(try #require(marks[template.name])))
      #expect(template.text.unicodeScalars.count >= ChatTemplate.minimumLength)
    }
  }

  @Test func `faults are found with their place`() {
    func fault(_ text: String) -> String? {
      ChatTemplate.fault(in: text).map { "\($0.position.line):\($0.position.column) \($0.message)" }
    }
    #expect(fault("{{ a }}{% if x %}{# {{ #}{{ '}}' ~ \"{%\" }}{% endif %}") == nil)
    #expect(fault("{{ {'a': {'b': 1}}['a'] }} { } %") == nil)
    #expect(fault("{%- raw -%} {{ {% endif %} {%- endraw -%} {{ x }}") == nil)
    #expect(fault("one\n two {{ a }") == "2:11 \"}\" closes nothing: \"{\" is missing before it")
    #expect(fault("one\n two {{ a ") == "2:6 \"{{\" is never closed by \"}}\"")
    #expect(fault("{% if a") == "1:1 \"{%\" is never closed by \"%}\"")
    #expect(fault("{{ 'abc }}") == "1:4 a quotation mark is never closed")
    #expect(fault("{# abc") == "1:1 \"{#\" is never closed by \"#}\"")
    #expect(fault("{% for m in x %}{{ m }}") == "1:1 \"for\" has no \"endfor\"")
    #expect(fault("{% endif %}") == "1:1 \"endif\" ends nothing")
    #expect(
      fault("{% if a %}\n{% endfor %}")
        == "2:1 \"endfor\" stands where \"endif\" was expected (\"if\" begins on line 1)")
    #expect(fault("{{ 'a\\") == "1:4 a quotation mark is never closed")
    #expect(fault("{%") == "1:1 \"{%\" is never closed by \"%}\"")
    #expect(fault("{{ a | uper }}") == "1:8 there is no filter \"uper\" (did you mean \"upper\"?)")
    #expect(fault("{{ messages[0 }}") == "1:15 expected \"]\" for the \"[\" before, found \"}\"")
  }

  @Test func `the most frequent template wins, of equally frequent ones the first`() {
    #expect(ChatTemplate.mostFrequent(["a", "b ", " b"]) == "b")
    #expect(ChatTemplate.mostFrequent(["b", "a"]) == "b")
    #expect(ChatTemplate.mostFrequent(["", " \n"]) == nil)
  }

  @Test func `the default of several templates counts`() throws {
    func text(_ json: String) throws -> String? { ChatTemplate.text(in: try JSONParser.parse(json)) }
    #expect(try text("{\"chat_template\": \"x\"}") == "x")
    #expect(
      try text(
        "{\"chat_template\": [{\"name\": \"tool\", \"template\": \"t\"}, {\"name\": \"default\", \"template\": \"d\"}]}"
      ) == "d")
    #expect(try text("{\"chat_template\": {\"default\": \"e\"}}") == "e")
    #expect(try text("{}") == nil)
    let set = try ChatTemplate.setting("a\n\"b\"", in: Array("{\"x\": 1}".utf8))
    #expect(String(decoding: set, as: UTF8.self) == "{\"x\": 1,\"chat_template\": \"a\\n\\\"b\\\"\"}")
  }
}
