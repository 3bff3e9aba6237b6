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
    /// One `.npz` archive.
    case npz
  }

  /// The format of the files.
  public var format: Format
  /// What every floating-point tensor becomes, or nil to keep what each is.
  public var dtype: DType?
  /// The most bytes of elements in one file, where the format has shards.
  public var maximumShardSize: Int

  /// Describes an output.
  public init(
    format: Format = .safetensors, dtype: DType? = nil,
    maximumShardSize: Int = CheckpointLayout.defaultMaximumShardSize
  ) {
    self.format = format
    self.dtype = dtype
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
    switch format {
    case .safetensors: return try SafetensorsLayout.make(tensors, forms: forms, maxShardSize: maximumShardSize)
    case .pytorch: return try PyTorchLayout.make(tensors, forms: forms, maxShardSize: maximumShardSize)
    case .npz: return try NumPyLayout.make(tensors, forms: forms)
    }
  }
}
