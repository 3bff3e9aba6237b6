internal import Documents

/// What a server's `models` says: what it calls the models that it serves, and how much they can look at.
struct ModelListing {
  /// A model that is served.
  struct Entry {
    var name: String
    /// The most tokens, prompt and new ones together, if the server says so.
    var length: Int?
  }

  var entries: [Entry]

  /// The most bytes of a listing.
  static let byteLimit = 8 << 20
  /// The values of a listing at the most.
  private static let valueLimit = 1 << 18

  /// Reads a listing.
  init(_ bytes: [UInt8]) throws(CompletionResponse.Fault) {
    let root = try CompletionResponse.object(bytes, valueLimit: Self.valueLimit)
    guard let list = root["data"]?.array else { throw .init(message: "the list of models has no \"data\"") }
    entries = list.compactMap { node in
      guard let name = node["id"]?.string else { return nil }
      let length = node["max_model_len"]?.int ?? node["meta"]?["n_ctx"]?.int
      return Entry(name: name, length: length.flatMap { $0 > 0 ? $0 : nil })
    }
  }

  /// The names as a message shows them, not endlessly many.
  var names: String {
    let shown = entries.prefix(10).map { PrintableText.of($0.name) }.joined(separator: ", ")
    return entries.count > 10 ? "\(shown) and \(entries.count - 10) more" : shown
  }
}
