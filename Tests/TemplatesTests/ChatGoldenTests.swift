import BraidTesting
import Documents
import Templates
import Testing

/// What transformers made of chat templates in the style of the common families; `Goldens/make_chat.py` tells how.
@Suite struct ChatGoldenTests {
  private static let clock = TemplateClock(year: 2026, month: 3, day: 7, hour: 9, minute: 5)

  @Test func `chat templates of every family are rendered as transformers renders them`() throws {
    let lines = try Goldens.text("chat/renderings.jsonl").split(separator: "\n").map {
      try JSONParser.parse(String($0))
    }
    let conversations = try #require(lines[0]["conversations"])
    let tokens = try #require(lines[0]["tokens"]?.object)
    var templates: [String: Template] = [:]
    for record in lines.dropFirst() {
      let name = try #require(record["template"]?.string)
      let template =
        try templates[name] ?? Template(text: Goldens.text("chat/\(name).jinja"), name: name, dialect: .chat)
      templates[name] = template
      let key = try #require(record["conversation"]?.string)
      let conversation = try #require(conversations[key]?.object)
      var context: [(String, TemplateValue)] = [("tools", .none), ("documents", .none)]
      context += (tokens + conversation).map { ($0.key, TemplateValue($0.node)) }
      context.append(("add_generation_prompt", .bool(record["add_generation_prompt"]?.bool ?? false)))
      do throws(TemplateError) {
        let text = try template.render(context, clock: Self.clock)
        let expected = record["text"]?.string
        if expected?.utf8.elementsEqual(text.utf8) != true {
          Issue.record("\(name), \(key)\nexpected: \(expected ?? record["error"]?.string ?? "")\n   found: \(text)")
        }
      } catch {
        let expected = record["error"]?.string
        #expect(expected != nil, "\(name), \(key): \(error)")
        if let raised = expected?.split(separator: "TemplateError: ").last, error.kind == .raised {
          #expect(error.message == String(raised))
        }
      }
    }
    #expect(templates.count == 16)
  }
}
