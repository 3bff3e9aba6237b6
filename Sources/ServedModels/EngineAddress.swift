internal import Documents
internal import Foundation

/// Where a server offers OpenAI's protocol: what `completions` and `models` stand behind, usually ending in `/v1`.
public struct EngineAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address as text, without a slash at its end.
  public let text: String

  /// Why a text is no address.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    /// What is wrong with it.
    public var description: String
  }

  /// Reads an address; to one without a path `/v1` is added, and from one that ends in `/completions` that is taken.
  public init(_ text: String) throws(Fault) {
    func fault(_ message: String) -> Fault { Fault(description: "\(PrintableText.quoted(text)) \(message)") }
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty
    else {
      throw fault("is not the address of a server; expected http://HOST:PORT/v1 or https://HOST/v1")
    }
    guard parts.user == nil, parts.password == nil else {
      // Not shown: it may be a real password.
      throw Fault(
        description: "the server's address holds a name or a password; a key belongs into \(EngineKey.variable)")
    }
    guard parts.query == nil, parts.fragment == nil else { throw fault("has more than a path behind the host") }
    var address = scheme + "://" + host + (parts.port.map { ":\($0)" } ?? "")
    var path = parts.percentEncodedPath.split(separator: "/")
    if path.last == "completions" { path.removeLast() }
    if path.isEmpty { path = ["v1"] }
    address += path.map { "/" + $0 }.joined()
    guard URL(string: address) != nil else { throw fault("is not the address of a server") }
    self.text = address
  }

  /// The address as text.
  public var description: String { text }

  /// Whether nobody else can read what is sent there: over TLS, or on this machine.
  var isPrivate: Bool {
    guard text.hasPrefix("http:") else { return true }
    let host = URLComponents(string: text)?.host ?? ""
    return ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
  }
}
