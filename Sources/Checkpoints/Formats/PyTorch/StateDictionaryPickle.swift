internal import Tensors

/// Writes the pickle of a dictionary of tensors, as `torch.save` has it and `torch.load(weights_only=True)` accepts it.
///
/// Protocol 2. Each tensor is a call of `torch._utils._rebuild_tensor_v2`, or of `_rebuild_tensor_v3` where PyTorch has
/// no storage class for the dtype; its elements are a persistent object, the archive's entry `data/NUMBER`.
struct StateDictionaryPickle {
  private var bytes: [UInt8] = []

  /// The pickle of these tensors; the elements of tensor n are in entry n.
  static func bytes(of tensors: [TensorDescription]) -> [UInt8] {
    var pickle = StateDictionaryPickle()
    pickle.bytes = [0x80, 2, UInt8(ascii: "}"), UInt8(ascii: "(")]
    for (number, tensor) in tensors.enumerated() {
      pickle.text(tensor.name)
      pickle.tensor(tensor, entry: number)
    }
    pickle.bytes += Array("u.".utf8)
    return pickle.bytes
  }

  private mutating func tensor(_ tensor: TensorDescription, entry: Int) {
    let storage = Self.storageClass(of: tensor.dtype)
    global("torch._utils", storage == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
    mark()
    mark()
    text("storage")
    global(storage == nil ? "torch.storage" : "torch", storage ?? "UntypedStorage")
    text(String(entry))
    text("cpu")
    integer(storage == nil ? tensor.byteCount : tensor.shape.elementCount)
    bytes += Array("tQ".utf8)
    integer(0)
    tuple(tensor.shape.dimensions)
    tuple(Self.strides(of: tensor.shape))
    // requires_grad, and no backward hooks.
    bytes.append(0x89)
    global("collections", "OrderedDict")
    bytes += Array(")R".utf8)
    if storage == nil { global("torch", Self.name(of: tensor.dtype)) }
    bytes += Array("tR".utf8)
  }

  private static func storageClass(of dtype: DType) -> String? {
    switch dtype {
    case .bool: "BoolStorage"
    case .uint8: "ByteStorage"
    case .int8: "CharStorage"
    case .int16: "ShortStorage"
    case .int32: "IntStorage"
    case .int64: "LongStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .float32: "FloatStorage"
    case .float64: "DoubleStorage"
    case .uint16, .uint32, .uint64, .float8E4M3, .float8E5M2: nil
    }
  }

  /// PyTorch's name of a dtype, which is the one that it has here.
  private static func name(of dtype: DType) -> String { dtype.rawValue }

  private static func strides(of shape: Shape) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.dimensions.count)
    for axis in shape.dimensions.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * max(1, shape.dimensions[axis + 1])
    }
    return strides
  }

  // MARK: Opcodes

  private mutating func mark() { bytes.append(UInt8(ascii: "(")) }

  private mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

  private mutating func text(_ text: String) {
    let utf8 = Array(text.utf8)
    bytes.append(UInt8(ascii: "X"))
    bytes += withUnsafeBytes(of: UInt32(utf8.count).littleEndian, Array.init) + utf8
  }

  private mutating func integer(_ value: Int) {
    if let small = Int32(exactly: value) {
      bytes.append(UInt8(ascii: "J"))
      bytes += withUnsafeBytes(of: small.littleEndian, Array.init)
    } else {
      bytes += [0x8A, 8] + withUnsafeBytes(of: Int64(value).littleEndian, Array.init)
    }
  }

  private mutating func tuple(_ values: [Int]) {
    mark()
    for value in values { integer(value) }
    bytes.append(UInt8(ascii: "t"))
  }
}
