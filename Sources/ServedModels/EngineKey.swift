internal import Foundation

/// The key that a server may want to see; never printed.
public struct EngineKey: Sendable {
  /// The variable of the environment that holds it.
  public static let variable = "BRAID_ENGINE_KEY"
  /// The variable that counts without the first one, for servers that nobody else can listen to.
  static let commonVariable = "OPENAI_API_KEY"

  /// The variable that it was found in.
  let source: String
  let secret: String

  /// The key for a server, or nil if the environment holds none.
  ///
  /// What was not put there for this server, `OPENAI_API_KEY`, goes to one on this machine or over TLS only.
  ///
  /// - Throws: if the key has characters that no key has.
  public init?(for address: EngineAddress, environment: [String: String]? = nil) throws(EngineError) {
    let environment = environment ?? ProcessInfo.processInfo.environment
    let variables = address.isPrivate ? [Self.variable, Self.commonVariable] : [Self.variable]
    guard let source = variables.first(where: { environment[$0]?.isEmpty == false }), let secret = environment[source]
    else { return nil }
    guard secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw EngineError(
        address, "the key in \(source) has characters that cannot be sent: blanks or line ends, perhaps")
    }
    (self.source, self.secret) = (source, secret)
  }
}
