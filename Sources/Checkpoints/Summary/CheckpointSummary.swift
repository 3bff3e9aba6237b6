internal import Documents
public import Tensors

/// What can be said about a checkpoint from its headers and the files beside it.
public struct CheckpointSummary: Hashable, Sendable {
  /// A weight file.
  public struct Shard: Hashable, Sendable {
    /// The file's name.
    public var name: String
    /// The size of the file.
    public var bytes: Int
    /// How many tensors it holds.
    public var tensors: Int
  }

  /// The tensors of one dtype.
  public struct Share: Hashable, Sendable {
    /// The dtype.
    public var dtype: DType
    /// How many tensors have it.
    public var tensors: Int
    /// How many elements they have.
    public var parameters: Int
  }

  /// The tensors that are stored in one form.
  public struct Storage: Hashable, Sendable {
    /// What the form is called: `Q4_K`, `deflated`, or the dtype of elements that are simply there.
    public var name: String
    /// How many tensors are stored so.
    public var tensors: Int
    /// How many elements they have.
    public var parameters: Int
  }

  /// An adapter that is applied while the weights are read.
  public struct Adapter: Hashable, Sendable {
    /// Its folder.
    public var path: String
    /// How many tensors it changes.
    public var tensors: Int
  }

  /// The path that was opened.
  public var path: String
  /// The format of the weight files.
  public var format: String
  /// The weight files.
  public var shards: [Shard]
  /// The number of elements of all tensors.
  public var parameters: Int
  /// The size of all elements in bytes.
  public var bytes: Int
  /// The dtypes, the one with most elements first.
  public var dtypes: [Share]
  /// In what forms the elements are stored, the one with most elements first; empty if all are simply there.
  public var storages: [Storage]
  /// The class that runs the model, as `config.json` names it.
  public var architecture: String?
  /// The number of layers that `config.json` states.
  public var layers: Int?
  /// The tokenizer beside the weights.
  public var tokenizer: TokenizerSummary?
  /// The adapter, if one is applied.
  public var adapter: Adapter?
  /// The tensors, repeated layers folded.
  public var tensors: [FoldedTensors]

  /// Looks at a model; nothing but headers and small files is read.
  ///
  /// - Parameter adapted: the model with an adapter applied, to look at that.
  public init(of model: ModelFolder, adapted: AdaptedModel? = nil) throws(CheckpointError) {
    let checkpoint = model.checkpoint
    let index = adapted?.weights.index ?? checkpoint.index
    path = checkpoint.path
    format = checkpoint.format
    shards = checkpoint.files.map { file in
      Shard(name: file.name, bytes: file.file.bytes.count, tensors: file.contents.tensors.count)
    }
    parameters = index.elementCount
    bytes = index.byteCount
    dtypes = Dictionary(grouping: index.tensors, by: \.dtype).map { dtype, tensors in
      Share(dtype: dtype, tensors: tensors.count, parameters: tensors.reduce(0) { $0 + $1.shape.elementCount })
    }.sorted { ($1.parameters, $0.dtype.rawValue) < ($0.parameters, $1.dtype.rawValue) }
    storages = Self.storages(of: checkpoint)
    architecture = model.configuration?["architectures"]?.array?.first?.string
    layers = model.configuration.flatMap { ConfigurationPatch.layerCount(in: $0)?.node.int }
    tokenizer = try TokenizerSummary(of: model)
    tensors = FoldedTensors.folding(index.tensors)
    adapter = adapted.map { Adapter(path: $0.location, tensors: $0.weights.adaptedCount) }
  }

  private static func storages(of checkpoint: Checkpoint) -> [Storage] {
    let forms = checkpoint.index.tensors.map { checkpoint.location(of: $0.name)?.storage }
    guard forms.contains(where: { $0 != nil }) else { return [] }
    let named = zip(checkpoint.index.tensors, forms).map { ($0, $1 ?? $0.dtype.rawValue) }
    return Dictionary(grouping: named, by: \.1).map { name, tensors in
      Storage(
        name: name, tensors: tensors.count, parameters: tensors.reduce(0) { $0 + $1.0.shape.elementCount })
    }.sorted { ($1.parameters, $0.name) < ($0.parameters, $1.name) }
  }

  /// The summary as a person reads it.
  public var text: String {
    var rows: [(String, String)] = [
      ("format", format + (shards.count == 1 ? ", one file" : ", \(shards.count) shards")),
      ("parameters", Self.grouped(parameters) + (parameters >= 1_000_000 ? " (\(Self.short(parameters)))" : "")),
      ("size", ByteCount.text(bytes)),
      (
        "dtypes",
        dtypes.map { "\($0.dtype.rawValue) \(Self.percent($0.parameters, of: parameters))" }.joined(separator: ", ")
      ),
    ]
    if !storages.isEmpty {
      let forms = storages.map { "\(PrintableText.of($0.name)) \(Self.percent($0.parameters, of: parameters))" }
      rows.append(("stored as", forms.joined(separator: ", ")))
    }
    if let architecture { rows.append(("architecture", PrintableText.of(architecture))) }
    if let layers { rows.append(("layers", "\(layers)")) }
    if let tokenizer { rows.append(("tokenizer", tokenizer.text)) }
    if let adapter { rows.append(("adapter", "\(adapter.path), changes \(adapter.tensors) tensors")) }
    rows.append(("tensors", "\(tensors.reduce(0) { $0 + $1.count })"))
    var lines = [path] + rows.map { "  " + Self.padded($0, to: 14) + $1 }
    if shards.count > 1 {
      lines +=
        [""] + shards.map { "  \(PrintableText.of($0.name))  \(ByteCount.text($0.bytes)), \($0.tensors) tensors" }
    }
    let names = tensors.map { PrintableText.of($0.name) }
    let width = min(80, names.map(\.count).max() ?? 0) + 2
    lines.append("")
    for (name, tensor) in zip(names, tensors) {
      lines.append(
        "  " + Self.padded(name, to: width) + "\(Shape(tensor.shape)) \(tensor.dtype.rawValue)"
          + (tensor.count > 1 ? " ×\(tensor.count)" : ""))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// A number with its digits in groups of three: `869,504`.
  private static func grouped(_ number: Int) -> String {
    var text = ""
    for (position, digit) in String(number).reversed().enumerated() {
      if position > 0, position % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// A number of parameters as models are called after it: `1.24 B`.
  private static func short(_ number: Int) -> String {
    let value = Double(number)
    return value >= 1e9 ? Decimal.text(value / 1e9, decimals: 2) + " B" : Decimal.text(value / 1e6, decimals: 1) + " M"
  }

  private static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0, part < whole else { return "(all)" }
    return "(" + Decimal.text(100 * Double(part) / Double(whole), decimals: 1) + " %)"
  }
}
