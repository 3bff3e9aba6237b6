import Documents
import Templates
import Testing

@Suite struct TemplateTests {
  @Test func `a template is rendered`() throws {
    let template = try Template(text: "Hello {{ name }}!", name: "t", dialect: .chat)
    #expect(try template.render([("name", .string("World"))]) == "Hello World!")
  }
}
