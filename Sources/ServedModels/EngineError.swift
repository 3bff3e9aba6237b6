/// Why a server cannot be asked, or what is wrong with its answers.
public struct EngineError: Error, Equatable, CustomStringConvertible {
  /// The server's address.
  public var address: String
  /// What happened.
  public var message: String

  /// Makes an error about a server.
  public init(_ address: EngineAddress, _ message: String) {
    self.address = address.text
    self.message = message
  }

  /// The error as one line.
  public var description: String { "\(address): \(message)" }
}
