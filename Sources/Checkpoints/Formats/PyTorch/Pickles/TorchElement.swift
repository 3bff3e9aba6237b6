internal import Tensors

/// An element type of PyTorch, which knows more than can be read here.
struct TorchElement: Hashable, Sendable {
  /// The name of the dtype in PyTorch.
  let name: String
  /// The dtype, or nil for complex and quantized elements.
  let dtype: DType?
  /// The size of an element in bytes.
  let size: Int

  private init(_ name: String, _ dtype: DType?, size: Int) {
    self.name = name
    self.dtype = dtype
    self.size = size
  }

  private init(_ dtype: DType) { self.init(dtype.rawValue, dtype, size: dtype.byteCount) }

  /// A byte, which storages without a type consist of.
  static let byte = TorchElement(.uint8)

  /// The element of a storage type (`FloatStorage`); nil if there is no such type.
  init?(storageType name: String) {
    guard let element = Self.byStorageType[name] else { return nil }
    self = element
  }

  /// The element of a dtype object (`float32`); nil if there is no such dtype.
  init?(dtype name: String) {
    guard let element = Self.byDType[name] else { return nil }
    self = element
  }

  private static let byStorageType: [String: TorchElement] = [
    "DoubleStorage": .init(.float64), "FloatStorage": .init(.float32), "HalfStorage": .init(.float16),
    "BFloat16Storage": .init(.bfloat16), "LongStorage": .init(.int64), "IntStorage": .init(.int32),
    "ShortStorage": .init(.int16), "CharStorage": .init(.int8), "ByteStorage": .init(.uint8),
    "BoolStorage": .init(.bool), "UntypedStorage": .init(.uint8),
    "ComplexFloatStorage": .init("complex64", nil, size: 8),
    "ComplexDoubleStorage": .init("complex128", nil, size: 16),
    "QInt8Storage": .init("qint8", nil, size: 1), "QUInt8Storage": .init("quint8", nil, size: 1),
    "QInt32Storage": .init("qint32", nil, size: 4), "QUInt4x2Storage": .init("quint4x2", nil, size: 1),
    "QUInt2x4Storage": .init("quint2x4", nil, size: 1),
  ]

  private static let byDType: [String: TorchElement] = {
    let plain = DType.allCases.map { ($0.rawValue, TorchElement($0)) }
    let others = [
      ("complex32", 4), ("complex64", 8), ("complex128", 16), ("qint8", 1), ("quint8", 1), ("qint32", 4),
      ("float8_e4m3fnuz", 1), ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1), ("float4_e2m1fn_x2", 1),
    ].map { ($0.0, TorchElement($0.0, nil, size: $0.1)) }
    return Dictionary(uniqueKeysWithValues: plain + others)
  }()
}
