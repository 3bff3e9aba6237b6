internal import Documents
public import Tensors

/// Where every tensor of a checkpoint will lie, to the byte, before anything is written.
///
/// A pure value: the same tensors and limit give the same files. Shards are filled in the order of the tensors until
/// the next one would pass the limit; a tensor larger than the limit has a shard of its own. Inside a shard, tensors
/// with wider elements come first, so that each begins at a multiple of its element size, which PyTorch needs to
/// read them in place. Elements begin at a multiple of 4096 in the file, so that they can be written past the page
/// cache.
public struct ShardLayout: Hashable, Sendable {
  /// One weight file.
  public struct Shard: Hashable, Sendable {
    /// The file's name.
    public let fileName: String
    /// Everything in front of the elements: the length, the JSON header and the spaces that fill it up.
    public let header: [UInt8]
    /// The size of the whole file.
    public let byteCount: Int
    /// The tensors in the file, in the order of their elements.
    public let tensors: [Int]
  }

  /// Where a tensor lies.
  public struct Placement: Hashable, Sendable {
    /// The shard, as an index into `shards`.
    public let shard: Int
    /// The offset of the first element in the file.
    public let offset: Int
  }

  /// Elements begin at a multiple of this many bytes in a file.
  public static let alignment = 4096
  /// The limit of a shard's size, unless another is asked for; the same as transformers'.
  public static let defaultMaximumShardSize = 5_000_000_000

  /// The tensors, in the order they were given.
  public let tensors: [TensorDescription]
  /// The files.
  public let shards: [Shard]
  /// Where each tensor lies.
  public let placements: [Placement]
  /// The list of shards (`model.safetensors.index.json`), if there is more than one.
  public let weightMap: [UInt8]?

  /// The name of the list of shards.
  public static let weightMapName = "model.safetensors.index.json"

  /// Lays out tensors.
  ///
  /// - Parameters:
  ///   - maxShardSize: the most bytes of elements in one shard.
  ///   - metadata: free texts for the header of every shard.
  /// - Throws: if two tensors have the same name or a shape that no file can hold.
  public init(
    _ tensors: [TensorDescription], maxShardSize: Int = defaultMaximumShardSize,
    metadata: [Metadatum] = [Metadatum(key: "format", value: "pt")]
  ) throws(CheckpointError) {
    try Self.check(tensors)
    let groups = Self.groups(of: tensors, limit: maxShardSize)
    var shards: [Shard] = []
    var placements = [Placement](repeating: Placement(shard: 0, offset: 0), count: tensors.count)
    for (number, group) in groups.enumerated() {
      let members = group.sorted { (-tensors[$0].dtype.byteCount, $0) < (-tensors[$1].dtype.byteCount, $1) }
      let header = SafetensorsHeader.bytes(
        of: members.map { tensors[$0] }, metadata: metadata, alignment: Self.alignment)
      guard header.count <= Safetensors.maximumHeaderLength else {
        throw CheckpointError(
          .refused, path: "the output",
          "the header of a shard would have \(header.count) bytes, more than readers accept",
          hint: "make the shards smaller with --max-shard-size")
      }
      var end = header.count
      for member in members {
        placements[member] = Placement(shard: number, offset: end)
        end += tensors[member].byteCount
      }
      let name = Self.fileName(number, of: groups.count)
      shards.append(Shard(fileName: name, header: header, byteCount: end, tensors: members))
    }
    self.tensors = tensors
    self.shards = shards
    self.placements = placements
    weightMap = shards.count > 1 ? Self.weightMap(of: tensors, in: shards, placements) : nil
  }

  /// The size of all files in bytes, headers included.
  public var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

  private static func check(_ tensors: [TensorDescription]) throws(CheckpointError) {
    var names: Set<String> = []
    var total = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw CheckpointError(
          .refused, path: "the output", "two tensors are called \(PrintableText.quoted(tensor.name))")
      }
      guard tensor.name != "__metadata__" else {
        throw CheckpointError(.refused, path: "the output", "no tensor may be called __metadata__")
      }
      guard let count = tensor.shape.checkedElementCount,
        case let (size, tooLarge) = count.multipliedReportingOverflow(by: tensor.dtype.byteCount), !tooLarge,
        case let (sum, overflow) = total.addingReportingOverflow(size), !overflow, sum < Int.max / 2
      else {
        throw CheckpointError(
          .refused, path: "the output", "the tensor \(PrintableText.quoted(tensor.name)) is too large: \(tensor.shape)")
      }
      total = sum
    }
  }

  /// The tensors of each shard.
  private static func groups(of tensors: [TensorDescription], limit: Int) -> [[Int]] {
    var groups: [[Int]] = [[]]
    var filled = 0
    for (number, tensor) in tensors.enumerated() {
      if filled > 0, filled + tensor.byteCount > limit {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(number)
      filled += tensor.byteCount
    }
    return groups
  }

  private static func fileName(_ number: Int, of count: Int) -> String {
    guard count > 1 else { return "model.safetensors" }
    func digits(_ value: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "model-\(digits(number + 1))-of-\(digits(count)).safetensors"
  }

  private static func weightMap(
    of tensors: [TensorDescription], in shards: [Shard], _ placements: [Placement]
  ) -> [UInt8] {
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    var text = "{\n  \"metadata\": {\n    \"total_size\": \(total)\n  },\n  \"weight_map\": {\n"
    text += tensors.indices.map { number in
      "    \(JSONEdit.quote(tensors[number].name)): \(JSONEdit.quote(shards[placements[number].shard].fileName))"
    }.joined(separator: ",\n")
    return Array((text + "\n  }\n}\n").utf8)
  }

  /// A number that differs between layouts, to recognise the same one again.
  var digest: UInt64 {
    // FNV-1a; it guards against mix-ups, not against malice.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for shard in shards {
      for byte in [Array(shard.fileName.utf8), shard.header].joined() {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    return hash
  }
}
