public import Documents

/// Why a text is not a model reference, and what was probably meant.
public struct ModelReferenceError: Error, Hashable {
  /// What is wrong.
  public var message: String
  /// The nearest form that is right, if one can be told.
  public var nearest: String?
  /// The text that was read.
  public var text: String

  /// What to do about it in a spec.
  public var hint: String {
    (nearest.map { "did you mean \($0)? " } ?? "")
      + "if a mark is part of a path, write {model: {path: \(JSONEdit.quote(text))}}"
  }
}

extension ModelReference {
  /// Reads `PATH[@REVISION][+ADAPTER[@REVISION]]`.
  public init(parsing text: String, at position: SourcePosition) throws(ModelReferenceError) {
    let halves = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard halves.count <= 2 else {
      let isEmpty = halves.contains("")
      throw ModelReferenceError(
        message:
          "the model reference \"\(text)\" has \(halves.count - 1) +; one stands between a model and its adapter",
        nearest: isEmpty ? Self.nearest(halves) : halves[0] + "+" + halves[1], text: text)
    }
    let model = try Self.place(halves[0], of: text, as: "model")
    let adapter = halves.count < 2 ? nil : try Self.place(halves[1], of: text, as: "adapter")
    self.init(model: model, adapter: adapter, text: text, position: position)
  }

  /// Reads `PATH[@REVISION]`.
  ///
  /// - Parameters:
  ///   - text: the whole reference, for the hint.
  ///   - role: what the place is to be.
  static func place(_ half: String, of text: String, as role: String) throws(ModelReferenceError) -> Place {
    let parts = half.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    let all = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else {
      throw ModelReferenceError(
        message: "\"\(half)\" has \(parts.count - 1) @; one stands between a path and its revision",
        nearest: all.map { $0 == half ? parts[0] + "@" + parts[1] : $0 }.joined(separator: "+"), text: text)
    }
    guard !isBlank(parts[0]) else {
      let mark = parts.count == 2 ? "before @" : role == "model" ? "before +" : "behind +"
      throw ModelReferenceError(
        message: "there is no \(role) \(mark) in \"\(text)\"", nearest: nearest(all), text: text)
    }
    guard parts.count == 1 || !isBlank(parts[1]) else {
      throw ModelReferenceError(
        message: "there is no revision behind @ in \"\(text)\"", nearest: nearest(all), text: text)
    }
    guard parts.allSatisfy({ !($0.first?.isWhitespace ?? false) && !($0.last?.isWhitespace ?? false) }) else {
      throw ModelReferenceError(
        message: "there are blanks around the marks of \"\(text)\"", nearest: nearest(all), text: text)
    }
    return Place(path: parts[0], revision: parts.count == 2 ? parts[1] : nil)
  }

  private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

  /// The halves of a reference without blanks, and without marks that nothing follows.
  private static func nearest(_ halves: [String]) -> String? {
    let tidy = halves.map { half in
      half.split(separator: "@").map(trimmed).filter { !$0.isEmpty }.prefix(2).joined(separator: "@")
    }.filter { !$0.isEmpty }
    return tidy.isEmpty ? nil : tidy.prefix(2).joined(separator: "+")
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return String(rest)
  }
}
