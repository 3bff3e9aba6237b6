internal import Documents

/// What a server says went wrong.
enum ServerMessage {
  /// The values of such a message at the most.
  private static let valueLimit = 1 << 12

  /// The status and the server's own words, on one line.
  static func text(status: Int, _ body: [UInt8]) -> String {
    let root = try? CompletionResponse.object(body, valueLimit: valueLimit)
    let error = root?["error"]
    let words =
      error?["message"]?.string ?? error?.string ?? root?["message"]?.string ?? root?["detail"]?.string
      ?? CompletionResponse.beginning(of: body)
    return words.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(PrintableText.of(words, limit: 300))"
  }
}
