internal import Documents
internal import Tensors

/// Writes what stands in front of the elements of a safetensors file.
enum SafetensorsHeader {
  /// The length, the JSON header, and spaces up to a multiple of `alignment` bytes.
  ///
  /// - Parameter tensors: the tensors in the order in which their elements will follow, without gaps.
  static func bytes(of tensors: [TensorDescription], metadata: [Metadatum], alignment: Int) -> [UInt8] {
    var entries: [String] = []
    entries.reserveCapacity(tensors.count + 1)
    if !metadata.isEmpty {
      let texts = metadata.map { JSONEdit.quote($0.key) + ":" + JSONEdit.quote($0.value) }
      entries.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
    }
    var end = 0
    for tensor in tensors {
      let start = end
      end += tensor.byteCount
      let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
      entries.append(
        "\(JSONEdit.quote(tensor.name)):{\"dtype\":\"\(tensor.dtype.safetensorsName)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(start),\(end)]}")
    }
    let json = Array(("{" + entries.joined(separator: ",") + "}").utf8)
    let prefix = Safetensors.prefixLength
    let length = (prefix + json.count + alignment - 1) / alignment * alignment - prefix
    var bytes = withUnsafeBytes(of: UInt64(length).littleEndian, Array.init)
    bytes += json
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: length - json.count)
    return bytes
  }
}
