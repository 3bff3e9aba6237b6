public import Documents
public import Tensors

/// In which format and form a checkpoint is written.
public struct OutputOptions: Sendable, Hashable {
  /// The formats that can be written.
  public enum Format: String, Sendable, CaseIterable {
    /// Hugging Face's format; the default.
    case safetensors
    /// PyTorch's zip files, `pytorch_model.bin`.
    case pytorch
    /// One HDF5 file, in the groups of the donor's if it has one.
    case hdf5
    /// One GGUF file, or several if a largest size is given.
    case gguf
    /// One `.npz` archive.
    case npz
  }

  /// The format of the files.
  public var format: Format
  /// What every floating-point tensor becomes, or nil to keep what each is.
  public var dtype: DType?
  /// The blocks that a GGUF file's matrices become, or nil for plain elements.
  public var quantization: BlockFormat?
  /// The most bytes of elements in one file, where the format has shards; nil for what is usual in the format.
  public var maximumShardSize: Int?

  /// Describes an output.
  public init(
    format: Format = .safetensors, dtype: DType? = nil, quantization: BlockFormat? = nil,
    maximumShardSize: Int? = nil
  ) {
    self.format = format
    self.dtype = dtype
    self.quantization = quantization
    self.maximumShardSize = maximumShardSize
  }

  /// Where every byte goes.
  ///
  /// - Parameters:
  ///   - tensors: the tensors as they will be handed to the writer.
  ///   - donor: the model that everything beside the weights comes from.
  ///   - configuration: the output's `config.json`.
  public func layout(
    of tensors: [TensorDescription], donor: ModelFolder, configuration: JSONNode?
  ) throws(CheckpointError) -> CheckpointLayout {
    let forms = tensors.map { StoredForm(.plain($0.dtype.isFloatingPoint ? dtype ?? $0.dtype : $0.dtype)) }
    let shardSize = maximumShardSize ?? CheckpointLayout.defaultMaximumShardSize
    switch format {
    case .safetensors: return try SafetensorsLayout.make(tensors, forms: forms, maxShardSize: shardSize)
    case .pytorch: return try PyTorchLayout.make(tensors, forms: forms, maxShardSize: shardSize)
    case .hdf5: return try HDF5Layout.make(tensors, forms: forms, donor: donor.checkpoint)
    case .gguf: return try ggufLayout(of: tensors, donor: donor, configuration: configuration)
    case .npz: return try NumPyLayout.make(tensors, forms: forms)
    }
  }

  /// A GGUF file with the donor's tokenizer in it.
  private func ggufLayout(
    of tensors: [TensorDescription], donor: ModelFolder, configuration: JSONNode?
  ) throws(CheckpointError) -> CheckpointLayout {
    try GGUFLayout.make(
      tensors, configuration: configuration, tokenizer: try TokenizerFiles(of: donor),
      name: Path.lastComponent(donor.path), form: try ggufForm(of: tensors),
      maxShardSize: maximumShardSize)
  }

  /// What matrices are stored as: blocks, the dtype asked for, or the one that most of the tensors have.
  private func ggufForm(of tensors: [TensorDescription]) throws(CheckpointError) -> GGUFForm {
    if let quantization { return .blocks(quantization) }
    let matrices = tensors.filter { $0.shape.dimensions.count > 1 && $0.dtype.isFloatingPoint }
    let largest = matrices.max { $0.byteCount < $1.byteCount }
    switch dtype ?? largest?.dtype ?? .float32 {
    case .bfloat16: return .bfloat16
    case .float16: return .float16
    case .float32, .float64: return .float32
    case let other:
      throw CheckpointError(
        .refused, path: "the output", "GGUF has no \(other.rawValue)",
        hint: "--dtype float32, float16 or bfloat16, or --quantize")
    }
  }
}
