import BraidTesting
import Documents
import Templates
import Testing

/// What jinja2 made of small templates; `Goldens/make_expressions.py` tells how the file came to be.
@Suite struct ExpressionGoldenTests {
  private struct Case {
    var dialect: Template.Dialect
    var template: String
    var record: JSONNode
  }

  private static func load() throws -> (variables: [(String, TemplateValue)], cases: [Case]) {
    var variables: [(String, TemplateValue)] = []
    var cases: [Case] = []
    for line in try Goldens.text("expressions.jsonl").split(separator: "\n") {
      let record = try JSONParser.parse(String(line))
      if let members = record["variables"]?.object {
        variables = members.map { ($0.key, TemplateValue($0.node)) }
      } else {
        let name = try #require(record["dialect"]?.string)
        let dialect = try #require(Template.Dialect(rawValue: name))
        cases.append(Case(dialect: dialect, template: try #require(record["template"]?.string), record: record))
      }
    }
    return (variables, cases)
  }

  private static let clock = TemplateClock(year: 2026, month: 3, day: 7)

  @Test func `every template gives the text that jinja2 gives`() throws {
    let (variables, cases) = try Self.load()
    #expect(cases.count > 350)
    for item in cases {
      guard let expected = item.record["text"]?.string else { continue }
      do throws(TemplateError) {
        let template = try Template(text: item.template, name: "t", dialect: item.dialect)
        let text = try template.render(variables, clock: Self.clock)
        if !text.utf8.elementsEqual(expected.utf8) {
          Issue.record("\(item.dialect) \(item.template)\nexpected: \(expected)\n   found: \(text)")
        }
      } catch {
        Issue.record("\(item.dialect) \(item.template)\n\(error)")
      }
    }
  }

  @Test func `single expressions give the values that jinja2 gives, printed as Python prints them`() throws {
    let (variables, cases) = try Self.load()
    for item in cases {
      guard let expected = item.record["value"] else { continue }
      let template = try Template(text: item.template, name: "t", dialect: item.dialect)
      // A tuple is an array in JSON.
      let found = try template.render(variables).replacing("(", with: "[").replacing(")", with: "]")
      #expect(found == TemplateValue(expected).text, "\(item.template)")
    }
  }

  @Test func `what jinja2 refuses is refused, with the place and what was expected`() throws {
    let (variables, cases) = try Self.load()
    var messages = ""
    for item in cases {
      guard item.record["error"] != nil else { continue }
      do throws(TemplateError) {
        let template = try Template(text: item.template, name: "t", dialect: item.dialect)
        let text = try template.render(variables, clock: Self.clock)
        Issue.record("\(item.dialect) \(item.template)\nis an error, and gave: \(text)")
      } catch {
        messages += "\(item.template.replacing("\n", with: "\\n"))\n  [\(error.kind)] \(error)\n"
      }
    }
    try Golden.expect(messages, at: "errors.txt")
  }
}
