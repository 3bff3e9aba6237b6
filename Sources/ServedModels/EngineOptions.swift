/// How a server is asked.
public struct EngineOptions: Hashable, Sendable {
  /// Where it is.
  public var address: EngineAddress
  /// What the server calls the model; the only one that it lists, if nil.
  public var model: String?
  /// How many requests are under way at once.
  public var connections = 4
  /// How long an answer may take, in seconds.
  public var timeout = 300.0
  /// The most tokens that the server can look at; what it lists or `config.json` says, if nil.
  public var length: Int?
  /// Whether it must be known which token a model would have chosen: `loglikelihood` tasks ask for that.
  public var needsFirstChoices = false
  /// How long to wait before a request is sent again, in seconds: one wait for each further try.
  public var waits = [1.0, 2, 4, 8]

  /// Makes options.
  public init(
    address: EngineAddress, model: String? = nil, connections: Int = 4, timeout: Double = 300, length: Int? = nil
  ) {
    self.address = address
    self.model = model
    self.connections = connections
    self.timeout = timeout
    self.length = length
  }
}
