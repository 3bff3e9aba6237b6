internal import CCrypto

/// The SHA-256 of texts, with which lm-evaluation-harness names documents, prompts and targets.
package enum SHA256 {
  /// The hash of a text in UTF-8, in 64 hexadecimal digits.
  package static func hex(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    // It fails only for want of memory, and then there is no digest to give.
    guard EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil) == 1 else { return "" }
    return digest.prefix(Int(count)).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }.joined()
  }
}
