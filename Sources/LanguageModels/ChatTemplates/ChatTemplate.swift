internal import Documents
public import Templates

/// A model's own way to write a conversation as text.
///
/// A template that does not parse is no fault as long as nobody uses it: many models are scored on plain prompts, so
/// the fault is kept and thrown by the first rendering.
public struct ChatTemplate: Sendable {
  /// The template in Jinja.
  public let text: String
  /// The file that it stands in.
  public let file: String
  /// The special tokens by the names that templates know them by: `bos_token`, `eos_token`.
  public let specialTokens: [(name: String, text: String)]
  private let parsed: Result<Template, TemplateError>

  /// Takes a template.
  ///
  /// - Parameter file: the name in error messages.
  public init(text: String, file: String, specialTokens: [(name: String, text: String)] = []) {
    self.text = text
    self.file = file
    self.specialTokens = specialTokens
    do throws(TemplateError) {
      parsed = .success(try Template(text: text, name: file, dialect: .chat))
    } catch {
      parsed = .failure(error)
    }
  }

  /// The moment that `strftime_now` gives unless another one is set: templates print the day into the prompt, and
  /// scores should not change overnight.
  public static let standardClock = TemplateClock(year: 2025, month: 1, day: 1)

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - addingGenerationPrompt: whether the text ends where the model's answer begins.
  ///   - variables: further variables for the template, such as `tools` or `enable_thinking`.
  public func render(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool, variables: [(String, TemplateValue)] = [],
    clock: TemplateClock = ChatTemplate.standardClock
  ) throws(TemplateError) -> String {
    var context: [(String, TemplateValue)] = [("tools", .none), ("documents", .none)]
    context += specialTokens.map { ($0.name, .string($0.text)) }
    let values = messages.map { message in
      TemplateValue.dictionary([("role", .string(message.role)), ("content", .string(message.content))])
    }
    context.append(("messages", .list(values)))
    context.append(("add_generation_prompt", .bool(addingGenerationPrompt)))
    return try parsed.get().render(context + variables, clock: clock)
  }

  /// The text of a conversation whose last message the model goes on with: it ends where the message ends.
  ///
  /// Templates close a message with a token of their own, and may take blanks away at its ends. So a mark is put behind
  /// the message, and the text is cut where the mark comes out; if the mark's own blank is gone, so are those before it.
  /// Source: transformers 5.24, `continue_final_message`.
  public func renderContinued(
    _ messages: [ChatMessage], variables: [(String, TemplateValue)] = [],
    clock: TemplateClock = ChatTemplate.standardClock
  ) throws(TemplateError) -> String {
    // Of both cases, so that a template that changes them is noticed.
    let mark = "Message_is_continued_HERE"
    var marked = messages
    guard let last = marked.indices.last else {
      return try render(messages, addingGenerationPrompt: false, variables: variables, clock: clock)
    }
    marked[last].content += mark + " "
    let text = try render(marked, addingGenerationPrompt: false, variables: variables, clock: clock)
    let bytes = Array(text.utf8)
    guard let place = Self.lastPlace(of: Array(mark.utf8), in: bytes) else {
      throw TemplateError(
        .value, file: file, at: .init(line: 1, column: 1),
        "the last message is to be continued, but the template changes its text")
    }
    let kept = String(decoding: bytes[..<place], as: UTF8.self)
    let behind = bytes[(place + mark.utf8.count)...]
    return behind.first == UInt8(ascii: " ") ? kept : Self.withoutBlanksAtEnd(kept)
  }

  /// The text of a conversation as lm-evaluation-harness has it: a last message of the model is continued, and a
  /// template that refuses the conversation is asked again without what the system says.
  public func prompt(
    _ messages: [ChatMessage], clock: TemplateClock = ChatTemplate.standardClock
  ) throws(TemplateError) -> String {
    do throws(TemplateError) {
      return try promptAsIs(messages, clock)
    } catch {
      let others = messages.filter { $0.role != "system" }
      guard others.count < messages.count else { throw error }
      return try promptAsIs(others, clock)
    }
  }

  private func promptAsIs(_ messages: [ChatMessage], _ clock: TemplateClock) throws(TemplateError) -> String {
    messages.last?.role == "assistant"
      ? try renderContinued(messages, clock: clock)
      : try render(messages, addingGenerationPrompt: true, clock: clock)
  }

  /// Whether the template refuses a message of the system, which ``prompt(_:clock:)`` then leaves out.
  public var refusesSystem: Bool {
    let user = ChatMessage.user("a")
    let isRefused = (try? render([.system("b"), user], addingGenerationPrompt: true)) == nil
    return isRefused && (try? render([user], addingGenerationPrompt: true)) != nil
  }

  private static func withoutBlanksAtEnd(_ text: String) -> String {
    var part = text.unicodeScalars[...]
    while let last = part.last, last.properties.isWhitespace || (0x1C...0x1F).contains(last.value) { part.removeLast() }
    return String(Substring(part))
  }

  private static func lastPlace(of part: [UInt8], in text: [UInt8]) -> Int? {
    guard part.count <= text.count else { return nil }
    return (0...(text.count - part.count)).last { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
