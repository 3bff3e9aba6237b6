internal import Documents
internal import Kernels
private import Synchronization
public import Tensors

/// A language model that computes on the CPU: scores continuations of a context, and continues prompts greedily.
///
/// Requests are packed into batches without padding; the context of a request is computed once for all its
/// continuations; logits exist only for positions that are scored. Results do not depend on how requests fall into
/// batches, nor on the number of threads: not by a bit.
public final class LanguageModel: TextModel {
  /// What the model's files say about texts.
  public let settings: TextSettings
  /// How products are formed: as asked for, but in float32 where the CPU has no bfloat16 instructions.
  public let precision: Precision
  /// The model's name in messages.
  public var name: String { settings.name }
  /// Text to tokens and back.
  public var tokenizer: any TextTokenizer { settings.tokenizer }
  /// The most tokens the model can look at.
  public var maximumLength: Int { settings.maximumLength }
  /// The begin token, else the end token.
  public var prefixToken: Int? { settings.prefixToken }
  /// The tokens that end a generation.
  public var endTokens: Set<Int> { settings.endTokens }
  /// The model's own way to write a conversation, if it was read.
  public var chatTemplate: ChatTemplate? { settings.chatTemplate }
  /// How many threads compute.
  public var threads: Int { team.count }
  /// Tensors of the checkpoint that the architecture has no use for.
  public let unusedTensors: [String]

  let architecture: Decoder
  let team: ThreadTeam
  /// The most rows that are computed at once.
  let rowsPerBatch: Int
  private let workspaces = Mutex<[Workspace]>([])

  /// The memory that activations of a batch may take, about, in bytes.
  private static let activationBytes = 512 << 20

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - name: the model's name in messages, usually its path.
  ///   - weights: the tensors, of any floating-point type; read in place where the source allows it.
  ///   - configuration: the contents of `config.json`.
  ///   - tokenizer: the files that the tokenizer is made of.
  ///   - generationConfiguration: the contents of `generation_config.json`, if there is one.
  ///   - chatTemplate: the model's own way to write a conversation, if that is wanted.
  ///   - precision: how products are formed; bfloat16 becomes float32 where the CPU has no instructions for it.
  ///   - threads: how many threads compute.
  ///   - rowsPerBatch: the most tokens computed at once; chosen by the size of the model if nil.
  /// - Throws: ``ModelError`` for files or tensors that do not make a model that can be computed.
  public convenience init(
    name: String, weights: any TensorSource, configuration: [UInt8], tokenizer: TokenizerSource,
    generationConfiguration: [UInt8]? = nil, chatTemplate: ChatTemplate? = nil, precision: Precision = .float32,
    threads: Int, rowsPerBatch: Int? = nil
  ) throws {
    let settings = try TextSettings(
      name: name, configuration: configuration, tokenizer: tokenizer, generationConfiguration: generationConfiguration,
      chatTemplate: chatTemplate)
    try self.init(settings, weights: weights, precision: precision, threads: threads, rowsPerBatch: rowsPerBatch)
  }

  /// Loads the weights of a model whose other files were read already.
  public init(
    _ settings: TextSettings, weights: any TensorSource, precision: Precision = .float32, threads: Int,
    rowsPerBatch: Int? = nil
  ) throws {
    let architectureType = try ArchitectureCatalog.architecture(for: settings.configuration)
    self.settings = settings
    self.precision = precision.isFast ? precision : .float32
    team = ThreadTeam(count: threads)

    let loader = WeightLoader(model: settings.name, source: weights, element: self.precision.element, team: team)
    architecture = try architectureType.decoder(settings.configuration, weights: WeightScope(loader))
    unusedTensors = loader.unusedTensors
    self.rowsPerBatch =
      rowsPerBatch.map { max(1, $0) } ?? min(2048, max(64, Self.activationBytes / architecture.bytesPerRow))
  }

  /// Loads a model whose tokenizer is given as the contents of `tokenizer.json`.
  public convenience init(
    name: String, weights: any TensorSource, configuration: [UInt8], tokenizer: [UInt8],
    tokenizerConfiguration: [UInt8]? = nil, generationConfiguration: [UInt8]? = nil, precision: Precision = .float32,
    threads: Int, rowsPerBatch: Int? = nil
  ) throws {
    try self.init(
      name: name, weights: weights, configuration: configuration,
      tokenizer: TokenizerSource(tokenizer: tokenizer, configuration: tokenizerConfiguration),
      generationConfiguration: generationConfiguration, precision: precision, threads: threads,
      rowsPerBatch: rowsPerBatch)
  }

  // MARK: Passes

  /// Lends a workspace for one call.
  func withWorkspace<Result>(_ body: (Workspace) throws -> Result) rethrows -> Result {
    let workspace = workspaces.withLock { $0.popLast() } ?? Workspace(lanes: team.count)
    defer { workspaces.withLock { $0.append(workspace) } }
    return try body(workspace)
  }

  /// Computes segments and what is wanted of their logits.
  ///
  /// - Parameter wanted: rows of the pass, counted over all segments, and the tokens whose logits are asked for.
  func compute(
    _ segments: [Segment], wanted: [(row: Int, tokens: [Int])], workspace: Workspace
  ) throws -> [LanguageHead.Outcome] {
    let pass = Pass(segments, team: team, workspace: workspace)
    do {
      try architecture.run(pass)
      return try architecture.head.apply(wanted, pass: pass)
    } catch let problem as NotFinite {
      let request = segments[pass.segmentOfRow[problem.row]].request
      throw ModelError.notFinite(
        model: name, message: "\(problem.place) is not finite (NaN or infinite) for prompt \(request + 1)")
    } catch let problem as NoPosition {
      throw ModelError.request(
        model: name,
        message: "prompt \(problem.request + 1) is longer than the \(problem.count) positions of the model")
    }
  }

  /// Checks that tokens are in the vocabulary.
  func check(_ tokens: [Int], request: Int) throws(ModelError) {
    for token in tokens where token < 0 || token >= architecture.vocabulary {
      throw .request(
        model: name,
        message: "prompt \(request + 1) has the token \(token), but the vocabulary has \(architecture.vocabulary)")
    }
  }
}
