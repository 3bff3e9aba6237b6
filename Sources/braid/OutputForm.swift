import ArgumentParser
public import Checkpoints
import Documents
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

  @Option(help: "The most bytes of weights in one file.") var maxShardSize: ByteSize = ByteSize(
    bytes: CheckpointLayout.defaultMaximumShardSize)

  func validate() throws {
    if maxShardSize.bytes < 1 { throw ValidationError("--max-shard-size must be at least one byte") }
    if let dtype, !dtype.isFloatingPoint {
      throw ValidationError("--dtype must be a floating-point type, not \(dtype.rawValue)")
    }
  }

  var options: OutputOptions {
    OutputOptions(format: format, dtype: dtype, maximumShardSize: maxShardSize.bytes)
  }
}

extension OutputOptions.Format: ExpressibleByArgument {}
extension DType: ExpressibleByArgument {}

/// What storing elements in another form has cost, in words.
enum RoundingText {
  static func lines(_ entries: [RoundingErrors.Entry]) -> [String] {
    entries.map { entry in
      "\(entry.from) to \(entry.to): largest rounding error \(entry.largest.shortest) (in \(entry.tensor)), "
        + "relative \(entry.largestRelative.shortest)"
        + (entry.overflows > 0 ? "; \(entry.overflows) elements became infinite" : "")
    }
  }
}

extension Double {
  /// The number with three digits.
  fileprivate var shortest: String {
    guard self != 0, isFinite else { return self == 0 ? "0" : "\(self)" }
    // Rounded to three significant digits, then printed as Swift prints the shortest text for it.
    let text = String(Float(self))
    return text.count <= 8 ? text : Self.threeDigits(self)
  }

  private static func threeDigits(_ value: Double) -> String {
    var exponent = 0
    var mantissa = abs(value)
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return (value < 0 ? "-" : "") + Decimal.text(mantissa, decimals: 2) + (exponent == 0 ? "" : "e\(exponent)")
  }
}
