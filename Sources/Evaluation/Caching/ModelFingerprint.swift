internal import Checkpoints

/// Stands for all that a model's answers depend on: equal fingerprints, equal answers to the last bit.
public struct ModelFingerprint: Hashable, Sendable {
  /// 32 hexadecimal digits.
  public let text: String

  /// Changes whenever answers may change though nothing they depend on did.
  private static let version = 1

  /// The fingerprint of what is listed: digests of weights, configuration and vocabulary, and how products are formed.
  public init(of lines: [String]) {
    let text = (["observations \(Self.version)"] + lines).map { "\($0.utf8.count) \($0)\n" }.joined()
    self.text = ContentDigest(of: text).text
  }
}
