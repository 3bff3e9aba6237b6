/// Texts at which a generation ends.
enum StopStrings {
  /// The text up to the first occurrence of any of the stops.
  ///
  /// Source: lm-evaluation-harness 0.4.13, which splits the text at each stop in turn and keeps the front.
  static func cut(_ text: String, at stops: [String]) -> String {
    var bytes = Array(text.utf8)[...]
    for stop in stops where !stop.isEmpty {
      let stop = Array(stop.utf8)
      guard bytes.count >= stop.count else { continue }
      let starts = bytes.startIndex...(bytes.endIndex - stop.count)
      if let place = starts.first(where: { bytes[$0...].starts(with: stop) }) { bytes = bytes[..<place] }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
