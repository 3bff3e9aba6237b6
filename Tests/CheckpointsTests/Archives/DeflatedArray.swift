import CZlib

/// An `.npz` archive with one large deflated array, made with zlib.
enum DeflatedArray {
  /// The archive.
  ///
  /// - Parameter isColumnMajor: whether the elements are declared to be in Fortran's order.
  static func archive(_ elements: [UInt32], shape: (Int, Int), isColumnMajor: Bool = false) -> [UInt8] {
    let order = isColumnMajor ? "True" : "False"
    let header = "{'descr': '<u4', 'fortran_order': \(order), 'shape': (\(shape.0), \(shape.1))}\n"
    var content: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.utf8.count)) + header.utf8
    elements.withUnsafeBytes { content += $0 }
    let data = deflate(content)
    let sum = little(UInt32(crc32(0, content, UInt32(content.count))))
    let sizes = little(UInt32(data.count)) + little(UInt32(content.count))
    let name = Array("a.npy".utf8)
    let common: [UInt8] = [20, 0, 0, 0, 8, 0, 0, 0, 0, 0] + sum + sizes + little(UInt16(name.count)) + [0, 0]
    let local = little(UInt32(0x0403_4b50)) + common + name + data
    let directory = little(UInt32(0x0201_4b50)) + [20, 0] + common + [UInt8](repeating: 0, count: 14) + name
    let end =
      little(UInt32(0x0605_4b50)) + [0, 0, 0, 0, 1, 0, 1, 0] + little(UInt32(directory.count))
      + little(UInt32(local.count)) + [0, 0]
    return local + directory + end
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
  }

  private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(UInt(bytes.count))
    var packed = [UInt8](repeating: 0, count: Int(length))
    compress2(&packed, &length, bytes, UInt(bytes.count), 1)
    // Without what zlib puts around deflated data.
    return Array(packed[2..<Int(length) - 4])
  }
}
