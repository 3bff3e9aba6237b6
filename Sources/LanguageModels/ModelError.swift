public import Documents

/// Why a language model cannot be loaded or gives no result.
public enum ModelError: Error, Sendable, CustomStringConvertible {
  /// Something is wrong in one of the model's files.
  case file(Diagnostic, text: String?)
  /// A tensor is missing or does not fit.
  case weights(model: String, message: String)
  /// The weights give no usable numbers.
  case notFinite(model: String, message: String)
  /// A request that the model cannot compute.
  case request(model: String, message: String)

  /// The error as text; for files with the place and the line.
  public var description: String {
    switch self {
    case .file(let diagnostic, let text): diagnostic.rendered(text: text)
    case .weights(let model, let message), .notFinite(let model, let message), .request(let model, let message):
      "\(model): \(message)"
    }
  }
}
