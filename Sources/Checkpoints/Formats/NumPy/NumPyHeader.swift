internal import Documents
internal import Tensors

/// What stands in front of an array's elements: a version, a length, and a Python dictionary with three entries.
struct NumPyHeader {
  /// The element type.
  let dtype: DType
  /// Whether an element's bytes come most significant first.
  let isBigEndian: Bool
  /// Whether the first index runs fastest.
  let isColumnMajor: Bool
  /// The extents.
  let shape: Shape
  /// How many bytes the elements follow after.
  let length: Int

  /// Begins every array.
  static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest header that numpy reads without being asked to, and what is in front of it: `_MAX_HEADER_SIZE` of
  /// numpy.lib.format.
  static let maximumLength = 10_000 + 12

  /// Whether bytes begin as an array does.
  static func isBegun(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: signature) }

  /// Reads the header that bytes begin with.
  ///
  /// - Parameters:
  ///   - start: where in the file that is, if it has a place there.
  ///   - file: who made the bytes, for errors.
  init(of bytes: UnsafeRawBufferPointer, tensor: String, start: Int?, file: UntrustedBytes) throws(FormatError) {
    func fault(_ place: Int, _ found: String, expected: String? = nil) -> FormatError {
      file.fault(at: start.map { $0 + place }, tensor: tensor, found, expected: expected)
    }
    guard Self.isBegun(bytes) else { throw fault(0, "no array", expected: "the signature \\x93NUMPY") }
    let content = UntrustedBytes(bytes: bytes, file: file.file, format: file.format)
    guard bytes.count >= 10 else { throw fault(bytes.count, "a header that is cut short") }
    let (major, minor) = (bytes[6], bytes[7])
    guard (1...3).contains(major), minor == 0 else {
      throw fault(6, "version \(major).\(minor)", expected: "version 1.0, 2.0 or 3.0")
    }
    let prefix = major == 1 ? 10 : 12
    guard let stated = major == 1 ? content.uint16(at: 8) : content.uint32(at: 8) else {
      throw fault(bytes.count, "a header that is cut short")
    }
    guard prefix + stated <= Self.maximumLength else {
      throw fault(8, "a header of \(stated) bytes", expected: "\(Self.maximumLength - 12) at the most")
    }
    guard let text = content.slice(at: prefix, count: stated) else {
      throw fault(8, "a header of \(stated) bytes where \(bytes.count - prefix) follow")
    }
    var reader = PythonDictionaryReader(text)
    let entries: [PythonDictionaryReader.Entry]
    do throws(PythonDictionaryReader.Failure) {
      entries = try reader.read()
    } catch {
      throw fault(prefix + error.position, error.found, expected: error.expected)
    }
    var fields: [String: PythonDictionaryReader.Entry] = [:]
    for entry in entries {
      guard ["descr", "fortran_order", "shape"].contains(entry.key), fields[entry.key] == nil else {
        throw fault(
          prefix + entry.position, "the key \(PrintableText.quoted(entry.key))",
          expected: "descr, fortran_order and shape, each once")
      }
      fields[entry.key] = entry
    }
    guard let descr = fields["descr"], case .truth(let isColumnMajor)? = fields["fortran_order"]?.value,
      case .numbers(let dimensions)? = fields["shape"]?.value
    else {
      throw fault(prefix, "an incomplete header", expected: "descr, fortran_order (a truth) and shape (a tuple)")
    }
    let place = prefix + descr.position
    guard case .text(let code) = descr.value else {
      throw fault(place, "no type of the elements", expected: "a text, such as '<f4'")
    }
    guard let (dtype, isBigEndian) = DType.numPy(code) else {
      throw fault(
        place, "elements of type \(PrintableText.quoted(code))" + (DType.numPyKind(code).map { ", \($0)" } ?? ""),
        expected: "b1, i1 to i8, u1 to u8, f2, f4, f8 or bfloat16")
    }
    guard dimensions.count <= Self.maximumRank else {
      throw fault(prefix, "\(dimensions.count) extents", expected: "\(Self.maximumRank) at the most")
    }
    self.dtype = dtype
    self.isBigEndian = isBigEndian
    self.isColumnMajor = isColumnMajor
    shape = Shape(dimensions)
    length = prefix + stated
  }

  /// How many extents an array has at the most: `NPY_MAXDIMS` of NumPy 2.
  private static let maximumRank = 64

  /// The distances between neighbours along each extent, in elements; nil if they overflow.
  var strides: [Int]? {
    var strides = [Int](repeating: 1, count: shape.dimensions.count)
    var step = 1
    let axes = Array(shape.dimensions.indices)
    for axis in isColumnMajor ? axes : axes.reversed() {
      strides[axis] = step
      let (product, overflow) = step.multipliedReportingOverflow(by: max(1, shape.dimensions[axis]))
      if overflow { return nil }
      step = product
    }
    return strides
  }
}
