public import Tensors

/// A kind of weight file: how it is recognised, and how its header becomes an index.
///
/// Implementing: both functions look at bytes and do nothing else. Mapping the file, finding shards, reading and
/// releasing elements are done once, in ``Checkpoint``. The bytes are those of an untrusted file: every length that
/// they state is checked against what remains before it is used, limits are named constants with their source, and
/// whatever is wrong becomes a ``FormatError`` that says where. A reader that returns has promised that every
/// encoding lies inside the file and fits its tensor's dtype and shape.
public protocol CheckpointFormat: Sendable {
  /// The format's name as users know it.
  static var name: String { get }
  /// The endings of file names that usually mean this format, without a dot; they only break ties.
  static var extensions: [String] { get }

  /// Whether the content looks like this format.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool

  /// What the header says.
  ///
  /// - Parameter file: the file's name, for errors.
  static func readIndex(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> FileIndex

  /// What an opened checkpoint of this format means as a model; nil if its tensors are the model's as they are.
  ///
  /// - Parameter configuration: the `config.json` beside the weights, if there is one.
  static func interpret(
    _ checkpoint: Checkpoint, configuration: JSONFile?
  ) throws(CheckpointError) -> ModelInterpretation?
}

extension CheckpointFormat {
  /// The tensors are the model's as they are.
  public static func interpret(
    _ checkpoint: Checkpoint, configuration: JSONFile?
  ) throws(CheckpointError) -> ModelInterpretation? { nil }
}

/// A checkpoint read as a model: its tensors under the names that Hugging Face gives them, and what else the weight
/// files hold.
public struct ModelInterpretation: Sendable {
  /// The model's tensors, or nil if they are the stored ones.
  public var tensors: [DerivedTensor]?
  /// Contents of files that would lie beside the weights (`config.json`, `tokenizer.json`), by name.
  public var documents: [String: [UInt8]]

  /// Makes an interpretation; formats do this.
  public init(tensors: [DerivedTensor]? = nil, documents: [String: [UInt8]] = [:]) {
    self.tensors = tensors
    self.documents = documents
  }
}

/// The formats that can be read.
public enum CheckpointFormats {
  /// All of them, in the order in which they are asked whether they recognise a file.
  public static let all: [any CheckpointFormat.Type] = [
    Safetensors.self, PyTorch.self, NumPy.self, HDF5.self, GGUF.self,
  ]

  /// The endings of weight files, each with its dot.
  public static let fileEndings = all.flatMap { format in format.extensions.map { "." + $0 } }

  /// The format of a file: the first that recognises its content, else the one that its name suggests.
  static func format(of bytes: UnsafeRawBufferPointer, named name: String) -> (any CheckpointFormat.Type)? {
    all.first { $0.recognizes(bytes) }
      ?? all.first { format in format.extensions.contains { name.hasSuffix("." + $0) } }
  }
}

/// What one weight file holds, as its header says.
public struct FileIndex: Sendable {
  /// The tensors, in the order in which their elements lie in the file.
  public var tensors: [StoredTensor]
  /// Free texts about the file, in the order of the header.
  public var metadata: [Metadatum]
  /// Checksums that the file states of parts of itself.
  public var checksums: [EntryChecksum]

  /// Makes an index; formats do this.
  public init(tensors: [StoredTensor], metadata: [Metadatum] = [], checksums: [EntryChecksum] = []) {
    self.tensors = tensors
    self.metadata = metadata
    self.checksums = checksums
  }
}

/// A free text in a weight file's header.
public struct Metadatum: Hashable, Sendable {
  /// What it is called.
  public var key: String
  /// What it says.
  public var value: String

  /// Makes a metadatum.
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// A tensor and the way its elements are stored.
public struct StoredTensor: Sendable {
  /// The name, the dtype and the shape.
  public var description: TensorDescription
  /// Where and how the elements are stored.
  public var encoding: TensorEncoding

  /// Makes a stored tensor; formats do this.
  public init(description: TensorDescription, encoding: TensorEncoding) {
    self.description = description
    self.encoding = encoding
  }
}
