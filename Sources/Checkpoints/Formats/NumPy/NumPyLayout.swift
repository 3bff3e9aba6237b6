internal import Documents
internal import Tensors

/// Lays tensors out as one `.npz` archive of stored arrays.
enum NumPyLayout {
  /// The archive's name.
  static let fileName = "model.npz"

  /// Lays out tensors, each stored in plain elements.
  ///
  /// - Throws: if a dtype is not one of NumPy's.
  static func make(_ tensors: [TensorDescription], forms: [StoredForm]) throws(CheckpointError) -> CheckpointLayout {
    let stored = PlainForms.stored(tensors, forms)
    _ = try ShardGroups(stored, limit: .max, stem: "model", ending: "npz")
    var entries: [ZipLayout.Entry] = []
    for (number, tensor) in stored.enumerated() {
      guard let code = typeCode(of: tensor.dtype) else {
        throw CheckpointError(
          .refused, path: "the output",
          "NumPy has no \(tensor.dtype.rawValue), which the tensor \(PrintableText.quoted(tensor.name)) is",
          hint: "--dtype float32 converts the weights")
      }
      entries.append(
        ZipLayout.Entry(
          name: tensor.name + ".npy", bytes: header(typeCode: code, shape: tensor.shape), tensor: number,
          tensorByteCount: tensor.byteCount))
    }
    let archive = ZipLayout(entries)
    return CheckpointLayout(
      format: "NumPy", tensors: tensors,
      shards: [
        CheckpointLayout.Shard(
          fileName: fileName, byteCount: archive.byteCount, pieces: archive.pieces, tensors: Array(tensors.indices))
      ],
      placements: forms.enumerated().map { .init(shard: 0, offset: archive.tensorOffsets[$0] ?? 0, form: $1) },
      closing: archive)
  }

  /// The header of a `.npy` file, version 1.0, filled up with spaces to a multiple of 64 bytes.
  private static func header(typeCode: String, shape: Shape) -> [UInt8] {
    let dimensions = shape.dimensions.map(String.init)
    let tuple = dimensions.count == 1 ? "(\(dimensions[0]),)" : "(" + dimensions.joined(separator: ", ") + ")"
    let text = "{'descr': '\(typeCode)', 'fortran_order': False, 'shape': \(tuple), }"
    let prefix = 10
    let length = (prefix + text.utf8.count + 1 + 63) / 64 * 64 - prefix
    let padding = String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + withUnsafeBytes(of: UInt16(length).littleEndian, Array.init)
      + Array((text + padding).utf8)
  }

  private static func typeCode(of dtype: DType) -> String? {
    switch dtype {
    case .bool: "|b1"
    case .uint8: "|u1"
    case .int8: "|i1"
    case .uint16: "<u2"
    case .int16: "<i2"
    case .uint32: "<u4"
    case .int32: "<i4"
    case .uint64: "<u8"
    case .int64: "<i8"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    case .bfloat16, .float8E4M3, .float8E5M2: nil
    }
  }
}
