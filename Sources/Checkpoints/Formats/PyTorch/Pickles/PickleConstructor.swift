/// The closed list of what a pickle may name. Naming is all: none of it is Python's, and nothing else is looked up.
enum PickleConstructor: Sendable, Equatable {
  /// `torch._utils._rebuild_tensor` and its later versions.
  case rebuildTensor(version: Int)
  /// A parameter around a tensor.
  case parameter
  /// `torch._tensor._rebuild_from_type_v2`: a tensor with attributes.
  case rebuildFromType
  /// `torch.Tensor`, as a type.
  case tensorType
  /// A type of storage.
  case storageType(TorchElement)
  /// A dtype.
  case dtype(TorchElement)
  /// `collections.OrderedDict` and its like.
  case dictionary
  /// `set` and `frozenset`.
  case set
  /// `torch.Size`, and TorchScript's typed lists: what they are given.
  case same
  /// `torch.device`, layouts and the like: shown as words.
  case named(String)
  /// Bytes as protocol 2 writes them: a text and an encoding.
  case bytes
  /// A class of a TorchScript program: its attributes.
  case scriptClass
  /// A kind of tensor that cannot be read.
  case refused(String)

  /// What a pickle means by a module and a name; nil if it is not on the list.
  ///
  /// - Parameter isScript: whether the file is a TorchScript program, whose classes are its own.
  init?(module: String, name: String, isScript: Bool) {
    if let known = Self.known[module + "." + name] {
      self = known
    } else if module == "torch" || module == "torch.cuda", let element = TorchElement(storageType: name) {
      self = .storageType(element)
    } else if module == "torch.storage", ["UntypedStorage", "_UntypedStorage"].contains(name) {
      self = .storageType(.byte)
    } else if module == "torch", let element = TorchElement(dtype: name) {
      self = .dtype(element)
    } else if module == "torch._utils", let kind = Self.refusedKinds[name] {
      self = .refused(kind)
    } else if isScript, module == "__torch__" || module.hasPrefix("__torch__.") {
      self = .scriptClass
    } else {
      return nil
    }
  }

  private static let known: [String: PickleConstructor] = [
    "torch._utils._rebuild_tensor": .rebuildTensor(version: 1),
    "torch._utils._rebuild_tensor_v2": .rebuildTensor(version: 2),
    "torch._utils._rebuild_tensor_v3": .rebuildTensor(version: 3),
    "torch._utils._rebuild_parameter": .parameter,
    "torch._utils._rebuild_parameter_with_state": .parameter,
    "torch.nn.parameter.Parameter": .parameter,
    "torch.nn.Parameter": .parameter,
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch.Tensor": .tensorType,
    "torch.Size": .same,
    "torch.device": .named("device"),
    "torch.serialization._get_layout": .named("layout"),
    "torch.per_tensor_affine": .named("quantization scheme"),
    "torch.per_channel_affine": .named("quantization scheme"),
    "torch.jit._pickle.build_intlist": .same,
    "torch.jit._pickle.build_doublelist": .same,
    "torch.jit._pickle.build_boollist": .same,
    "torch.jit._pickle.build_tensorlist": .same,
    "torch.jit._pickle.restore_type_tag": .same,
    "collections.OrderedDict": .dictionary,
    "collections.Counter": .dictionary,
    "builtins.dict": .dictionary, "__builtin__.dict": .dictionary,
    "builtins.set": .set, "__builtin__.set": .set,
    "builtins.frozenset": .set, "__builtin__.frozenset": .set,
    "builtins.bytearray": .bytes, "__builtin__.bytearray": .bytes, "_codecs.encode": .bytes,
  ]

  /// Functions of `torch._utils` that make tensors of other kinds than a view of a storage.
  private static let refusedKinds = [
    "_rebuild_sparse_tensor": "a sparse tensor", "_rebuild_sparse_csr_tensor": "a sparse tensor",
    "_rebuild_nested_tensor": "a nested tensor", "_rebuild_qtensor": "a quantized tensor",
    "_rebuild_meta_tensor_no_storage": "a tensor on the meta device, without elements",
    "_rebuild_wrapper_subclass": "a tensor of a class of its own",
    "_rebuild_device_tensor_from_numpy": "a tensor of another device in NumPy's form",
    "_rebuild_xla_tensor": "a tensor of another device in NumPy's form",
    "_rebuild_device_tensor_from_cpu_tensor": "a tensor of another device",
  ]
}
