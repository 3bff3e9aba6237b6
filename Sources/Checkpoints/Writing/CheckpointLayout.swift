internal import Documents
public import Tensors

/// Where every tensor of a checkpoint will lie, to the byte, before anything is written.
///
/// A pure value that a format makes: the same tensors and options give the same files.
public struct CheckpointLayout: Sendable {
  /// Bytes of a file that are known before any tensor is, or once all are.
  public struct Piece: Hashable, Sendable {
    /// Where they go.
    public let offset: Int
    /// What goes there.
    public let bytes: [UInt8]
  }

  /// One weight file.
  public struct Shard: Hashable, Sendable {
    /// The file's name.
    public let fileName: String
    /// The size of the whole file.
    public let byteCount: Int
    /// Everything around the elements.
    public let pieces: [Piece]
    /// The tensors in the file, in the order of their elements.
    public let tensors: [Int]

    /// What the file begins with, up to the first element in most formats.
    public var header: [UInt8] { pieces.first { $0.offset == 0 }?.bytes ?? [] }
  }

  /// Where and how a tensor lies.
  public struct Placement: Hashable, Sendable {
    /// The shard, as an index into `shards`.
    public let shard: Int
    /// The offset of the first element in the file.
    public let offset: Int
    /// How the elements are stored.
    public let form: StoredForm
  }

  /// The list of shards, as a file.
  public struct ShardList: Hashable, Sendable {
    /// The file's name.
    public let name: String
    /// Its content.
    public let bytes: [UInt8]
  }

  /// The name of the files' format.
  public let format: String
  /// The tensors as they are handed to the writer, in the order they were given.
  public let tensors: [TensorDescription]
  /// The files.
  public let shards: [Shard]
  /// Where each tensor lies.
  public let placements: [Placement]
  /// The list of shards, if there is more than one.
  public let shardList: ShardList?
  /// What can be written only once the elements are there, such as an archive's checksums.
  let closing: (any LayoutClosing)?

  /// The limit of a shard's size, unless another is asked for; the same as transformers'.
  public static let defaultMaximumShardSize = 5_000_000_000

  init(
    format: String, tensors: [TensorDescription], shards: [Shard], placements: [Placement],
    shardList: ShardList? = nil, closing: (any LayoutClosing)? = nil
  ) {
    self.format = format
    self.tensors = tensors
    self.shards = shards
    self.placements = placements
    self.shardList = shardList
    self.closing = closing
  }

  /// The size of all files in bytes, headers included.
  public var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

  /// The bytes that a tensor takes in its file.
  func storedByteCount(of tensor: Int) -> Int {
    placements[tensor].form.elements.byteCount(elements: tensors[tensor].shape.elementCount)
  }

  /// A number that differs between layouts, to recognise the same one again.
  var digest: UInt64 {
    // FNV-1a; it guards against mix-ups, not against malice.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ bytes: some Sequence<UInt8>) { for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
    for shard in shards {
      add(shard.fileName.utf8)
      for piece in shard.pieces { add(piece.bytes) }
    }
    return hash
  }
}

/// Makes the last pieces of files whose elements have all been written.
///
/// Implementing: the pieces lie inside the file, outside the elements, and depend on nothing but the elements.
protocol LayoutClosing: Sendable {
  /// What is still missing in a file.
  ///
  /// - Parameter checksum: that of a tensor's stored bytes.
  func pieces(ofShard shard: Int, checksum: (_ tensor: Int) -> Checksum) -> [CheckpointLayout.Piece]
}

/// How a tensor's elements are stored by a writer.
public struct StoredForm: Hashable, Sendable {
  /// What an element becomes.
  public enum Elements: Hashable, Sendable {
    /// A number of this dtype, little endian.
    case plain(DType)
    /// A part of a block.
    case blocks(BlockFormat)

    /// The size of so many elements in bytes.
    public func byteCount(elements: Int) -> Int {
      switch self {
      case .plain(let dtype): elements * dtype.byteCount
      case .blocks(let format): format.byteCount(elements: elements)
      }
    }

    /// The name: `bfloat16`, `Q4_K`.
    public var name: String {
      switch self {
      case .plain(let dtype): dtype.rawValue
      case .blocks(let format): format.rawValue
      }
    }
  }

  /// In which order elements are stored.
  public enum Order: Hashable, Sendable {
    case same
    /// The halves of each of so many heads' rows in turn: what llama.cpp's rotary embedding wants of query and key.
    case interleavedHalves(heads: Int)
    /// Rows that are queries, keys and values of one head after another with those of all heads together.
    case joinedParts(heads: Int)
    /// The columns of a matrix as rows.
    case transposed
  }

  /// What an element becomes.
  public var elements: Elements
  /// In which order elements are stored.
  public var order: Order
  /// What is added to each element before it is stored.
  public var addend: Float

  /// Describes a form.
  public init(_ elements: Elements, order: Order = .same, addend: Float = 0) {
    self.elements = elements
    self.order = order
    self.addend = addend
  }

  /// Whether a tensor of this dtype is stored as it is.
  public func isPlain(for dtype: DType) -> Bool {
    elements == .plain(dtype) && order == .same && addend == 0
  }
}
