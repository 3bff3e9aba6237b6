import BraidTesting
import Documents
import Testing
import Vocabularies

/// Built-in chat templates as Jinja2 renders them; Goldens/render_templates.py made the renderings.
@Suite struct RenderedTemplateTests {
  private func golden() throws -> JSONNode {
    try JSONParser.parse(
      try Files.bytes(Fixture.packageRoot + "/Tests/VocabulariesTests/Goldens/rendered-templates.json"))
  }

  @Test func `what was rendered are the templates of today`() throws {
    // The script reads the templates from here.
    for template in ChatTemplate.builtIn {
      try Golden.expect(template.text, at: "templates/\(template.name).jinja")
    }
    let golden = try golden()
    #expect(golden["templates"]?.object?.map(\.key) == ChatTemplate.builtIn.map(\.name))
    for template in ChatTemplate.builtIn {
      #expect(golden["templates"]?[template.name]?["text"]?.string == template.text, "\(template.name)")
    }
  }

  @Test func `Jinja2 finds no fault, and every conversation comes out`() throws {
    let golden = try golden()
    let conversations = try #require(golden["conversations"]?.object)
    #expect(conversations.count >= 4)
    for template in ChatTemplate.builtIn {
      let rendered = try #require(golden["templates"]?[template.name]?["rendered"]?.object)
      #expect(rendered.map(\.key) == conversations.map(\.key))
      for (conversation, result) in zip(conversations, rendered) {
        let text = try #require(result.node.string)
        for message in conversation.node["messages"]?.array ?? [] {
          let content = try #require(message["content"]?.string)
          #expect(text.contains(content.filter { !$0.isNewline || content.contains("\n\n") }), "\(result.key)")
        }
      }
    }
  }

  @Test(arguments: [
    (
      "alpaca",
      "### Instruction:\nWhat is 2 + 2?\n\n### Response:\n4.</s>\n\n### Instruction:\nAnd 3 + 3?\n\n### Response:\n"
    ),
    (
      "chatml",
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\n"
        + "4.<|im_end|>\n<|im_start|>user\nAnd 3 + 3?<|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "exaone",
      "[|system|]Be brief.[|endofturn|]\n[|user|]What is 2 + 2?\n[|assistant|]4.[|endofturn|]\n[|user|]And 3 + 3?\n"
        + "[|assistant|]"
    ),
    (
      "llama3",
      "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nWhat is 2 + 2?<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n4.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nAnd 3 + 3?<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    ("mistral", "<s>[INST] Be brief.\n\nWhat is 2 + 2? [/INST] 4.</s>[INST] And 3 + 3? [/INST]"),
  ])
  func `two turns behind a system text have the form that the name stands for`(name: String, form: String) throws {
    let rendered = try golden()["templates"]?[name]?["rendered"]?["two-turns"]?.string
    #expect(rendered?.hasSuffix(form) == true, "\(rendered ?? "nothing")")
    if name != "alpaca" { #expect(rendered == form) }
  }
}
