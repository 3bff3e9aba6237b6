public import Comparisons
internal import Documents
internal import Tensors

/// What the elements of one tensor are like, rendered for a terminal.
public struct TensorReport: Sendable {
  /// What is rendered.
  public var statistics: TensorStatistics
  /// Where the tensor is stored, in words; nil if it is computed.
  public var place: String?
  /// How many characters a line may have.
  public var width: Int

  /// Makes a report.
  public init(_ statistics: TensorStatistics, place: String?, width: Int = 100) {
    self.statistics = statistics
    self.place = place
    self.width = width
  }

  /// The report in lines.
  public var text: String {
    let tensor = statistics.tensor
    func figure(_ value: Double?) -> String { value.map { "\(Float($0))" } ?? "undefined, no element is finite" }
    var rows = [
      ("shape", "\(tensor.shape)"), ("dtype", tensor.dtype.rawValue),
      ("elements", "\(tensor.shape.elementCount), \(ByteCount.text(tensor.byteCount))"),
    ]
    if let place { rows.append(("place", place)) }
    rows += [
      ("min", figure(statistics.range.map { Double($0.lowerBound) })),
      ("max", figure(statistics.range.map { Double($0.upperBound) })),
      ("mean", figure(statistics.mean)), ("deviation", figure(statistics.deviation)),
      ("L2 norm", figure(statistics.norm)), ("zeros", count(statistics.zeros)), ("NaN", count(statistics.nans)),
      ("infinite", count(statistics.infinities)),
    ]
    let lines = rows.map { name, value in
      "  " + name + String(repeating: " ", count: 12 - name.count) + TextTable.printable(value)
    }
    return ([PrintableText.of(tensor.name)] + lines).map { $0 + "\n" }.joined() + histogram
  }

  private func count(_ number: Int) -> String {
    let elements = statistics.tensor.shape.elementCount
    return number == 0 ? "0" : "\(number) (\(Figures.percent(Double(number) / Double(max(1, elements)))))"
  }

  /// A line for each bin: where it begins, a bar, how many elements it has.
  private var histogram: String {
    guard let range = statistics.range, let most = statistics.histogram.max(), most > 0 else { return "" }
    let (low, bins) = (Double(range.lowerBound), Double(statistics.histogram.count))
    let step = (Double(range.upperBound) - low) / bins
    let labels = statistics.histogram.indices.map { Figures.significant(low + Double($0) * step) }
    let counts = statistics.histogram.map(String.init)
    let labelWidth = labels.map(\.count).max() ?? 0
    let room = max(10, width - labelWidth - (counts.map(\.count).max() ?? 0) - 6)
    let lines = zip(labels, zip(statistics.histogram, counts)).map { label, bin in
      "  " + String(repeating: " ", count: labelWidth - label.count) + label + "  "
        + Self.bar(Double(bin.0) / Double(most) * Double(room)) + (bin.0 > 0 ? " " : "") + bin.1
    }
    return "\n" + lines.map { $0 + "\n" }.joined()
  }

  /// A bar of so many characters, to an eighth of one; what is there at all shows.
  private static func bar(_ length: Double) -> String {
    let eighths = length > 0 ? max(1, Int((length * 8).rounded())) : 0
    let ends = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + ends[eighths % 8]
  }
}
