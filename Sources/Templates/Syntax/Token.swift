/// A piece of a template as the parser reads it.
struct Token {
  enum Kind: Equatable {
    /// Text outside of all tags, put out as it stands.
    case data(String)
    case printBegin
    case printEnd
    case blockBegin
    case blockEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case mark(String)
    case end
  }

  var kind: Kind
  /// The scalar of the template at which it begins.
  var offset: Int

  /// The token in words, for messages.
  var text: String {
    switch kind {
    case .data: "text"
    case .printBegin: "\"{{\""
    case .printEnd: "\"}}\""
    case .blockBegin: "\"{%\""
    case .blockEnd: "\"%}\""
    case .name(let name): "\"\(name)\""
    case .string: "a string"
    case .integer, .float: "a number"
    case .mark(let mark): "\"\(mark)\""
    case .end: "the end of the template"
    }
  }
}
