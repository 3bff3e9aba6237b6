internal import Documents
internal import Kernels
private import Synchronization
public import Tensors

/// A model that makes a vector of a text: a BERT-type encoder and what sentence-transformers puts behind it.
///
/// Texts are packed into batches without padding; a vector does not depend on what it is computed with, nor on the
/// number of threads.
public final class EmbeddingModel: Sendable {
  /// The model's name in messages.
  public let name: String
  /// Text to tokens.
  public let tokenizer: any TextTokenizer
  /// The most tokens of a text, those that the tokenizer adds included.
  public let maximumLength: Int
  /// How products are formed: as asked for, but in float32 where the CPU has no bfloat16 instructions.
  public let precision: Precision
  /// The elements of a vector.
  public let width: Int
  /// Tensors of the checkpoint that have no use here.
  public let unusedTensors: [String]

  private let encoder: BERT
  private let modules: SentenceModules
  private let team: ThreadTeam
  private let rowsPerBatch: Int
  private let workspaces = Mutex<[Workspace]>([])

  /// The memory that activations of a batch may take, about, in bytes.
  private static let activationBytes = 256 << 20

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - name: the model's name in messages, usually its path.
  ///   - weights: the tensors, of any floating-point type.
  ///   - precision: how products are formed; bfloat16 becomes float32 where the CPU has no instructions for it.
  ///   - threads: how many threads compute.
  ///   - rowsPerBatch: the most tokens computed at once, if texts are not longer; chosen by the model's size if nil.
  ///   - read: gives the contents of a file by its path in the model's folder, or nil if there is none:
  ///     `config.json`, the tokenizer's files, `modules.json` and what it names.
  ///   - modules: gives the tensors of a module by its folder in the model's folder, or nil if there are none.
  /// - Throws: ``ModelError`` for files or tensors that do not make a model that can be computed.
  public init(
    name: String, weights: any TensorSource, precision: Precision = .float32, threads: Int, rowsPerBatch: Int? = nil,
    reading read: (String) throws -> [UInt8]?,
    modules weightsOfModule: (String) throws -> (any TensorSource)? = { _ in nil }
  ) throws {
    guard let bytes = try read("config.json") else {
      throw ModelError.request(model: name, message: "there is no config.json")
    }
    let configuration = try ModelDocument.parse(bytes, file: "\(name)/config.json")
    modules = try SentenceModules(model: name, reading: read, weights: weightsOfModule)
    tokenizer = try TokenizerSource(reading: read).tokenizer(model: name)
    self.name = name
    self.precision = precision.isFast ? precision : .float32
    team = ThreadTeam(count: threads)
    let loader = WeightLoader(model: name, source: weights, element: self.precision.element, team: team)
    encoder = try BERT(configuration, weights: WeightScope(loader), element: self.precision.element)
    maximumLength = min(encoder.maximumLength, modules.maximumLength ?? encoder.maximumLength)
    width = try modules.width(ofRows: encoder.hidden, model: name)
    unusedTensors = loader.unusedTensors
    self.rowsPerBatch =
      rowsPerBatch.map { max(1, $0) } ?? min(2048, max(64, Self.activationBytes / encoder.bytesPerRow))
  }

  /// The vectors of texts, in their order.
  ///
  /// - Parameters:
  ///   - texts: tokens of each text, with those that the tokenizer adds; at least one, at most ``maximumLength``.
  ///   - progress: called now and then with the number of tokens that were computed since the last call.
  public func embed(_ texts: [[Int]], progress: @Sendable (Int) -> Void = { _ in }) throws -> [[Float]] {
    for (number, tokens) in texts.enumerated() { try check(tokens, text: number) }
    var vectors = [[Float]](repeating: [], count: texts.count)
    // Texts of like length together.
    let order = texts.indices.sorted { (texts[$1].count, $0) < (texts[$0].count, $1) }
    let workspace = workspaces.withLock { $0.popLast() } ?? Workspace(lanes: team.count)
    defer { workspaces.withLock { $0.append(workspace) } }
    var start = 0
    while start < order.count {
      var (end, rows) = (start, 0)
      while end < order.count, end == start || rows + texts[order[end]].count <= rowsPerBatch {
        rows += texts[order[end]].count
        end += 1
      }
      try embed(order[start..<end], of: texts, into: &vectors, workspace: workspace)
      progress(rows)
      start = end
    }
    return vectors
  }

  private func check(_ tokens: [Int], text: Int) throws(ModelError) {
    func refuse(_ message: String) -> ModelError { .request(model: name, message: "text \(text + 1) \(message)") }
    guard !tokens.isEmpty else { throw refuse("is empty") }
    guard tokens.count <= maximumLength else {
      throw refuse("has \(tokens.count) tokens, more than the \(maximumLength) that the model can look at")
    }
    for token in tokens where token < 0 || token >= encoder.vocabulary {
      throw refuse("has the token \(token), but the vocabulary has \(encoder.vocabulary)")
    }
  }

  private func embed(
    _ batch: ArraySlice<Int>, of texts: [[Int]], into vectors: inout [[Float]], workspace: Workspace
  ) throws {
    let layout = encoder.keyValues
    let sizes = batch.map { layout.layerSize(capacity: layout.capacity(texts[$0].count)) }
    var place = workspace.keyValues.floats(sizes.reduce(0, +))
    var segments: [Segment] = []
    for (number, size) in zip(batch, sizes) {
      let memory = KeyValueMemory(
        base: place, capacity: layout.capacity(texts[number].count), layout: layout, keepsLayers: false)
      segments.append(
        Segment(tokens: texts[number][...], own: memory, rotations: RotaryTables(kinds: []), request: number))
      place += size
    }
    let pass = Pass(segments, team: team, workspace: workspace)
    do {
      try encoder.run(pass)
    } catch let problem as NotFinite {
      let text = segments[pass.segmentOfRow[problem.row]].request
      throw ModelError.notFinite(
        model: name, message: "\(problem.place) is not finite (NaN or infinite) for text \(text + 1)")
    }
    let stream = pass.stream(width: encoder.hidden)
    for (segment, first) in zip(segments, pass.firstRows) {
      let vector = modules.vector(
        stream + first * encoder.hidden, count: segment.tokens.count, width: encoder.hidden)
      guard vector.allSatisfy(\.isFinite) else {
        throw ModelError.notFinite(
          model: name, message: "the vector of text \(segment.request + 1) is not finite (NaN or infinite)")
      }
      vectors[segment.request] = vector
    }
  }
}
