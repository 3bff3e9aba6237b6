import Documents
import Evaluation
import LanguageModels
import Testing

@Suite struct ChatEncodingTests {
  /// Begins with the begin token that ``FakeTokenizer`` adds by itself, as real templates do.
  private static let template = ChatTemplate(
    text:
      "<s>{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}{% if add_generation_prompt %}a:{% endif %}",
    file: "t")

  private func encoder(_ chat: ChatOptions) throws -> PromptEncoder {
    var model = FakeModel()
    model.chatTemplate = Self.template
    return try PromptEncoder(for: model, chat: chat)
  }

  @Test func `the prompt is the user's message, and the answer follows directly`() throws {
    let encoder = try encoder(ChatOptions())
    let context = try encoder.context(for: "q ")
    #expect(context == "<s>u:q ;a:")
    let pair = try encoder.pair(context: context, continuation: " yes")
    #expect(pair.context == [FakeTokenizer.begin] + Array("u:q ;a:".utf8).map(Int.init))
    #expect(pair.continuation == Array(" yes".utf8).map(Int.init))
  }

  @Test func `what the system says comes first`() throws {
    let encoder = try encoder(ChatOptions(system: "S"))
    #expect(try encoder.context(for: "q") == "<s>s:S;u:q;a:")
    #expect(try encoder.context(for: [.system("T"), .user("q")]) == "<s>s:S\n\nT;u:q;a:")
  }

  @Test func `a model without a template cannot be asked in conversation`() throws {
    #expect(throws: EvaluationError.noChatTemplate) { try PromptEncoder(for: FakeModel(), chat: ChatOptions()) }
    #expect(try PromptEncoder(for: FakeModel(), chat: nil).context(for: "q") == "q")
  }

  @Test func `the template's fault is told with its place`() throws {
    var model = FakeModel()
    model.chatTemplate = ChatTemplate(text: "{{ raise_exception('not ' ~ messages[0].content) }}", file: "t")
    let encoder = try PromptEncoder(for: model, chat: ChatOptions())
    #expect(throws: EvaluationError.chatTemplate("t:1:4: not q")) { try encoder.context(for: "q") }
  }

  @Test func `scores say by which template the prompts were put`() throws {
    var record = ScoreRecord(models: [ModelScores(model: "m", tasks: [])])
    record.note(chatTemplates: ["m": Self.template.digest])
    #expect(record.json.line.contains("\"chat_template\": \"\(Self.template.digest)\""))
    #expect(Evaluator.Options(chat: ChatOptions(system: "S")).words == ["--chat", "--system S"])
  }
}
