public import ArgumentParser
public import Checkpoints
import Documents
import Kernels
public import Tensors

/// In which format a checkpoint is written, the same for `braid merge` and `braid convert`.
struct OutputForm: ParsableArguments {
  @Option(
    help: "The format of the weight files: \(OutputOptions.Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputOptions.Format = .safetensors

  @Option(
    name: .customLong("dtype"),
    help: ArgumentHelp(
      "What every floating-point tensor is stored as: float32, float16, bfloat16, … (kept as it is).",
      valueName: "dtype"))
  var dtype: DType?

  @Option(
    help: ArgumentHelp(
      "With --format gguf, the blocks that matrices become: "
        + "\(BlockFormat.canQuantize.map { $0.rawValue.lowercased() }.joined(separator: ", ")).", valueName: "blocks"))
  var quantize: BlockFormat?

  @Option(help: "The most bytes of weights in one file (5 GB; a GGUF file is split only if this is given).")
  var maxShardSize: ByteSize?

  func validate() throws {
    if let maxShardSize, maxShardSize.bytes < 1 { throw ValidationError("--max-shard-size must be at least one byte") }
    if let quantize, format != .gguf {
      throw ValidationError("--quantize \(quantize.rawValue.lowercased()) goes with --format gguf")
    }
    if let quantize, !BlockFormat.canQuantize.contains(quantize) {
      let choices = BlockFormat.canQuantize.map { $0.rawValue.lowercased() }.joined(separator: ", ")
      throw ValidationError("\(quantize.rawValue) can be read but not written; choose one of \(choices)")
    }
    if let dtype, !dtype.isFloatingPoint {
      throw ValidationError("--dtype must be a floating-point type, not \(dtype.rawValue)")
    }
  }

  var options: OutputOptions {
    OutputOptions(format: format, dtype: dtype, quantization: quantize, maximumShardSize: maxShardSize?.bytes)
  }
}

extension OutputOptions.Format: ExpressibleByArgument {}
extension DType: ExpressibleByArgument {}

extension BlockFormat: ExpressibleByArgument {
  /// Finds a format by its name in any case.
  public init?(argument: String) {
    guard let format = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() }) else {
      return nil
    }
    self = format
  }
}

/// What storing elements in another form has cost, in words.
enum RoundingText {
  static func lines(_ entries: [RoundingErrors.Entry]) -> [String] {
    entries.map { entry in
      guard entry.largest > 0 || entry.overflows > 0 else { return "\(entry.from) to \(entry.to): exact" }
      return "\(entry.from) to \(entry.to): largest rounding error \(entry.largest.shortest) (in \(entry.tensor))"
        + (entry.overflows > 0 ? "; \(entry.overflows) elements became infinite" : "")
    }
  }
}

extension Double {
  /// The number with three digits: `1.53e-5`.
  fileprivate var shortest: String {
    guard self != 0, isFinite else { return self == 0 ? "0" : "\(self)" }
    var exponent = 0
    var mantissa = magnitude
    while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return (self < 0 ? "-" : "") + Decimal.text(mantissa, decimals: 2) + (exponent == 0 ? "" : "e\(exponent)")
  }
}
