internal import Documents

/// The text of a template as scalars, with line ends made one kind, and the places in it.
struct SourceText: Sendable {
  let name: String
  let scalars: [Unicode.Scalar]
  private let lineStarts: [Int]

  /// - Parameter keepsLastNewline: whether a newline at the very end is part of the template.
  init(_ text: String, name: String, keepsLastNewline: Bool) {
    self.name = name
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count)
    var lineStarts = [0]
    var isAfterReturn = false
    for scalar in text.unicodeScalars {
      defer { isAfterReturn = scalar == "\r" }
      if isAfterReturn && scalar == "\n" { continue }
      scalars.append(scalar == "\r" ? "\n" : scalar)
      if scalar == "\r" || scalar == "\n" { lineStarts.append(scalars.count) }
    }
    if !keepsLastNewline, scalars.last == "\n" { scalars.removeLast() }
    self.scalars = scalars
    self.lineStarts = lineStarts
  }

  /// The line and column of a scalar.
  func position(_ offset: Int) -> SourcePosition {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return SourcePosition(line: low + 1, column: offset - lineStarts[low] + 1)
  }

  func error(_ fault: Fault, at offset: Int) -> TemplateError {
    TemplateError(fault.kind, file: name, at: position(offset), fault.message, hint: fault.hint)
  }

  /// The text from one scalar to another.
  func text(_ range: Range<Int>) -> String { String(scalars: scalars[range]) }
}
