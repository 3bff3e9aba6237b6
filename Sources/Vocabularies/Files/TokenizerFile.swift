internal import Documents

/// A `tokenizer.json`: its vocabulary, what its model makes tokens of, and its added tokens.
public struct TokenizerFile: Sendable {
  /// How the model makes tokens of a word.
  public enum Kind: String, Sendable, CaseIterable {
    /// Pairs are merged in the order in which they were learnt.
    case bytePairs = "BPE"
    /// The longest token that fits, again and again.
    case wordPiece = "WordPiece"
    /// Whole words only.
    case wordLevel = "WordLevel"
    /// The likeliest way to cut the word.
    case unigram = "Unigram"
  }

  /// The name of the file for messages.
  public let name: String
  /// The text.
  public let bytes: [UInt8]
  /// How the model makes tokens.
  public let kind: Kind
  /// The tokens of the model, without those that are only added.
  public let ordinary: [TokenText: Int]
  /// The added tokens, in the order of the file.
  public let added: [AddedToken]
  /// The pairs of a BPE model, the first learnt first.
  let merges: [MergePair]
  /// The scores of a Unigram model's tokens.
  let scores: [TokenText: String]
  /// The document, with no more of long lists than an edit has to see.
  let root: JSONNode

  /// The largest token number that is accepted, far above any real vocabulary.
  public static let largestToken = (1 << 26) - 1

  /// Reads a tokenizer.
  ///
  /// - Parameter name: the name of the file for messages.
  public init(_ bytes: [UInt8], name: String) throws(VocabularyError) {
    self.name = name
    self.bytes = bytes
    let file = Reading(name: name, bytes: bytes)
    let root: JSONNode
    do throws(JSONError) {
      root = try JSONParser.parse(bytes)
    } catch {
      throw VocabularyError("\(file.place(error.offset)): not valid JSON: \(error.message)")
    }
    self.root = root.abridged
    guard let model = root["model"], model.object != nil else { throw file.failure("there is no model", at: root) }
    kind = try Self.kind(of: model, in: file)
    var vocabulary: [TokenText: Int] = [:]
    var scores: [TokenText: String] = [:]
    if kind == .unigram {
      guard let pieces = model["vocab"]?.array else { throw file.failure("the model has no list of pieces", at: model) }
      for (number, piece) in pieces.enumerated() {
        guard let pair = piece.array, pair.count == 2, let text = pair[0].string,
          case .number(let score) = pair[1].value
        else { throw file.failure("expected a piece and its score", at: piece) }
        vocabulary[TokenText(text)] = number
        scores[TokenText(text)] = score
      }
    } else {
      guard let members = model["vocab"]?.object else { throw file.failure("the model has no vocabulary", at: model) }
      vocabulary.reserveCapacity(members.count)
      for member in members { vocabulary[TokenText(member.key)] = try file.id(member.node) }
    }
    ordinary = vocabulary
    self.scores = scores
    merges = kind == .bytePairs ? try MergePair.read(model, in: file) : []
    var added: [AddedToken] = []
    for node in root["added_tokens"]?.array ?? [] {
      var token = try AddedToken(node, in: file)
      // What is in the vocabulary keeps the number it has there.
      if let known = vocabulary[token.text] { token.id = known }
      added.append(token)
    }
    self.added = added
    try checkNumbers(file)
  }

  private static func kind(of model: JSONNode, in file: Reading) throws(VocabularyError) -> Kind {
    // Very old files have no type here, and are BPE if they have merges.
    guard let type = model["type"] else {
      guard model["merges"] != nil else { throw file.failure("the model has no type", at: model) }
      return .bytePairs
    }
    guard let kind = type.string.flatMap(Kind.init) else {
      throw file.failure(
        "the model \(PrintableText.quoted(type.string ?? type.kind)) is not supported", at: type,
        hint: "supported: " + Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return kind
  }

  private func checkNumbers(_ file: Reading) throws(VocabularyError) {
    var seen: [Int: TokenText] = [:]
    for (token, id) in tokens {
      if let other = seen[id], other != token {
        throw VocabularyError("\(name): \(min(token.text, other.text)) and another token both have the number \(id)")
      }
      seen[id] = token
    }
  }

  /// All tokens with their numbers.
  public var tokens: [TokenText: Int] {
    added.reduce(into: ordinary) { all, token in all[token.text] = token.id }
  }

  /// Whether texts are normalised and cut into words as another tokenizer does it.
  func preparesTexts(as other: TokenizerFile) -> Bool {
    ["normalizer", "pre_tokenizer"].allSatisfy { key in
      let (own, theirs) = (root[key], other.root[key])
      guard let own, let theirs else { return (own?.isNull ?? true) && (theirs?.isNull ?? true) }
      return own.isEquivalent(to: theirs)
    }
  }

  // MARK: Reading

  /// A file while it is read: what messages need to know of it.
  struct Reading {
    var name: String
    var bytes: [UInt8]

    func place(_ offset: Int) -> String {
      let position = SourcePosition(byteOffset: offset, in: bytes)
      return "\(name), line \(position.line), column \(position.column)"
    }

    func failure(_ message: String, at node: JSONNode, hint: String? = nil) -> VocabularyError {
      VocabularyError("\(place(node.range.lowerBound)): \(message)", hint: hint)
    }

    /// A token's number.
    func id(_ node: JSONNode) throws(VocabularyError) -> Int {
      guard let id = node.int, id >= 0, id <= TokenizerFile.largestToken else {
        throw failure("expected a token number from 0 to \(TokenizerFile.largestToken)", at: node)
      }
      return id
    }
  }
}

extension JSONNode {
  /// The value without all but the last two parts of long lists and objects, where texts of edits are put.
  fileprivate var abridged: JSONNode {
    let limit = 1000
    switch value {
    case .array(let elements):
      let kept = elements.count > limit ? Array(elements.suffix(2)) : elements
      return JSONNode(value: .array(kept.map(\.abridged)), range: range)
    case .object(let members):
      let kept = members.count > limit ? Array(members.suffix(2)) : members
      return JSONNode(
        value: .object(kept.map { JSONMember(key: $0.key, keyRange: $0.keyRange, node: $0.node.abridged) }),
        range: range)
    default: return self
    }
  }
}
