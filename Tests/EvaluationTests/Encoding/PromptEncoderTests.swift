import Evaluation
import LanguageModels
import Testing

struct PromptEncoderTests {
  private let begin = FakeTokenizer.begin
  private let ab = FakeTokenizer.pair
  private func bytes(_ text: String) -> [Int] { text.utf8.map(Int.init) }

  @Test func `blanks at the end of the context move to the continuation`() throws {
    let pair = try PromptEncoder(for: FakeModel()).pair(context: "xy \u{2003}\t", continuation: "z")
    #expect(pair.context == [begin] + bytes("xy"))
    #expect(pair.continuation == bytes(" \u{2003}\tz"))
    #expect(!pair.isTruncated && !pair.isReencoded)
  }

  @Test func `a token across the border leaves the cut at the length of the encoded context`() throws {
    // "xa" is three tokens with the begin token; "xabc" is begin, x, ab, c: the cut keeps c alone.
    let pair = try PromptEncoder(for: FakeModel()).pair(context: "xa", continuation: "bc")
    #expect(pair.context == [begin] + bytes("xa"))
    #expect(pair.continuation == bytes("c"))
    #expect(!pair.isReencoded)
  }

  @Test func `a continuation that vanishes in the border is encoded alone and flagged`() throws {
    let pair = try PromptEncoder(for: FakeModel()).pair(context: "xa", continuation: "b")
    #expect(pair.context == [begin] + bytes("xa"))
    #expect(pair.continuation == bytes("b"))
    #expect(pair.isReencoded)
  }

  @Test func `without a context the prefix token stands before the continuation`() throws {
    let encoder = PromptEncoder(for: FakeModel())
    #expect(try encoder.pair(context: "", continuation: "xy").context == [begin])
    #expect(try encoder.pair(context: "", continuation: "xy").continuation == bytes("xy"))
    // A continuation that brings the prefix token is not given a second one.
    #expect(try encoder.pair(context: "", continuation: "<s>xy").continuation == bytes("xy"))
    // Nothing but blanks is no context either, where the tokenizer adds no token.
    let plain = PromptEncoder(for: FakeModel(tokenizer: FakeTokenizer(addsBegin: false)))
    #expect(try plain.pair(context: "  ", continuation: "x").context == [begin])
    #expect(try plain.pair(context: "  ", continuation: "x").continuation == bytes("  x"))
  }

  @Test func `without a begin or end token there is nothing to stand before a continuation`() throws {
    let encoder = PromptEncoder(for: FakeModel(prefixToken: nil))
    #expect(throws: EvaluationError.noPrefixToken) { try encoder.pair(context: "", continuation: "x") }
    #expect(throws: EvaluationError.noPrefixToken) { try encoder.windows(of: "x", doublingBeginToken: false) }
    #expect(
      "\(EvaluationError.noPrefixToken)"
        == "the tokenizer has neither a begin token nor an end token to put before a text without context")
  }

  @Test func `a begin token that the text spells out is not doubled`() throws {
    let encoder = PromptEncoder(for: FakeModel())
    #expect(try encoder.pair(context: "<s>x", continuation: "y").context == [begin] + bytes("x"))
    #expect(try encoder.prompt("<s>x", roomFor: 4).tokens == [begin] + bytes("x"))
  }

  @Test func `what does not fit is dropped from the front of the context`() throws {
    let encoder = PromptEncoder(for: FakeModel(maximumLength: 4))
    // The last token is predicted only: five tokens fit into a length of four.
    let fits = try encoder.pair(context: "wx", continuation: "yz")
    #expect(fits.context == [begin] + bytes("wx") && !fits.isTruncated)
    let cut = try encoder.pair(context: "vwx", continuation: "yz")
    #expect(cut.context == bytes("vwx") && cut.continuation == bytes("yz") && cut.isTruncated)
    let least = try encoder.pair(context: "vwx", continuation: "1234")
    #expect(least.context == bytes("x"))
    #expect(throws: EvaluationError.continuationTooLong(tokens: 5, length: 4)) {
      try encoder.pair(context: "vwx", continuation: "12345")
    }
  }

  @Test func `a prompt leaves room for what is generated`() throws {
    let encoder = PromptEncoder(for: FakeModel(maximumLength: 6))
    #expect(try encoder.prompt("abc", roomFor: 3) == (tokens: [begin, ab] + bytes("c"), isTruncated: false))
    #expect(try encoder.prompt("uvwxyz", roomFor: 2) == (tokens: bytes("wxyz"), isTruncated: true))
    #expect(throws: EvaluationError.noRoomForPrompt(newTokens: 6, length: 6)) {
      try encoder.prompt("x", roomFor: 6)
    }
    #expect(
      "\(EvaluationError.noRoomForPrompt(newTokens: 6, length: 6))"
        == "6 new tokens leave no room for a prompt in the 6 tokens that the model can look at; lower --max-new-tokens")
  }

  @Test func `a text is scored after one begin token, or after two as the harness does`() throws {
    let encoder = PromptEncoder(for: FakeModel())
    let once = try encoder.windows(of: "xy", doublingBeginToken: false)
    #expect(once.map(\.context) == [[begin]] && once.map(\.continuation) == [bytes("xy")])
    let twice = try encoder.windows(of: "xy", doublingBeginToken: true)
    #expect(twice.map(\.context) == [[begin]] && twice.map(\.continuation) == [[begin] + bytes("xy")])
  }

  @Test(arguments: 1...23)
  func `windows score each token once`(count: Int) throws {
    let encoder = PromptEncoder(for: FakeModel(maximumLength: 5))
    let text = String((0..<count).map { Character(Unicode.Scalar(UInt8(65 + $0))) })
    let windows = try encoder.windows(of: text, doublingBeginToken: false)
    #expect(windows.flatMap(\.continuation) == bytes(text))
    #expect(windows.first?.context == [begin])
    for window in windows { #expect(window.context.count + window.continuation.count <= 6) }
    for window in windows.dropFirst() {
      // Later windows are full, whatever is left to score.
      #expect(window.context.count + window.continuation.count == 6)
      let place = window.continuation[0] - 65
      #expect(window.context == (place - window.context.count..<place).map { 65 + $0 })
    }
  }
}
