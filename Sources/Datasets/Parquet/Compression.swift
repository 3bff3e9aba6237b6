internal import CLZ4
internal import CSnappy
internal import CZlib
internal import CZstd

/// Inflates the pages of Parquet files.
enum Compression {
  /// The bytes that a page stands for.
  ///
  /// - Parameter size: how many there must be.
  static func inflated(_ bytes: ArraySlice<UInt8>, codec: Int, size: Int) throws(ParquetFault) -> [UInt8] {
    let result: [UInt8]
    switch codec {
    case 0: result = Array(bytes)
    case 1: result = try snappy(bytes, size: size)
    case 2: result = try gzip(bytes, size: size)
    case 6: result = try zstd(bytes, size: size)
    case 7: result = try lz4(bytes, size: size)
    case 3, 4, 5:
      throw ParquetFault("the compression \(names[codec] ?? "") is not read (snappy, gzip, zstd and LZ4_RAW are)")
    default: throw ParquetFault("the compression \(codec) is unknown")
    }
    guard result.count == size else {
      throw ParquetFault("a page of \(size) bytes inflates to \(result.count)")
    }
    return result
  }

  private static let names = [3: "LZO", 4: "Brotli", 5: "LZ4 with Hadoop's frames"]

  private static func gzip(_ bytes: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: size + 1)
    var input = Array(bytes)
    var stream = z_stream()
    guard braid_inflate_init_gzip(&stream) == Z_OK else { throw ParquetFault("there is no memory to inflate with") }
    defer { inflateEnd(&stream) }
    var written = 0
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(clamping: input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(clamping: output.count)
        let status = inflate(&stream, Z_FINISH)
        written = output.count - Int(stream.avail_out)
        return status
      }
    }
    guard status == Z_STREAM_END else { throw ParquetFault("a gzip page is damaged or longer than \(size) bytes") }
    output.removeLast(output.count - written)
    return output
  }

  private static func snappy(_ bytes: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    let input = Array(bytes).map { CChar(bitPattern: $0) }
    var output = [CChar](repeating: 0, count: max(1, size))
    var written = size
    // The library writes nothing unless what the page says of its size fits.
    guard snappy_uncompress(input, input.count, &output, &written) == SNAPPY_OK else {
      throw ParquetFault("a Snappy page is damaged or longer than \(size) bytes")
    }
    return output.prefix(written).map { UInt8(bitPattern: $0) }
  }

  private static func lz4(_ bytes: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    let input = Array(bytes).map { CChar(bitPattern: $0) }
    var output = [CChar](repeating: 0, count: max(1, size))
    // Pages are far below what the library's counts hold.
    let written = Int(LZ4_decompress_safe(input, &output, Int32(clamping: input.count), Int32(clamping: size)))
    guard written >= 0 else { throw ParquetFault("an LZ4 page is damaged or longer than \(size) bytes") }
    return output.prefix(written).map { UInt8(bitPattern: $0) }
  }

  private static func zstd(_ bytes: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: max(1, size))
    let input = Array(bytes)
    let written = ZSTD_decompress(&output, output.count, input, input.count)
    guard ZSTD_isError(written) == 0, written <= size else {
      throw ParquetFault("a zstd page is damaged or longer than \(size) bytes")
    }
    output.removeLast(output.count - written)
    return output
  }
}
