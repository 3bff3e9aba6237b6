internal import Documents

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The splits of a data set on this machine; a split is read when it is asked for.
public struct Dataset: Sendable {
  /// A split and its files.
  public struct Split: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The files, in the order of their names.
    public var files: [String]
  }

  /// The splits, in the order in which they were named or found.
  public let splits: [Split]
  private let name: String
  private let reading: DataReading

  /// The most bytes of a data file that are read.
  static let maximumFileBytes = 4 << 30

  init(name: String, splits: [Split], reading: DataReading) {
    self.name = name
    self.splits = splits
    self.reading = reading
  }

  /// The rows of a split.
  public func table(_ split: String) throws(DataError) -> DataTable {
    guard let files = splits.first(where: { $0.name == split })?.files else {
      let names = splits.map(\.name)
      let hint =
        NearestName.of(split, in: names).map { "did you mean \"\($0)\"?" }
        ?? (names == ["train"]
          ? "files that are named without a split are the split \"train\"; write data_files: {\(split): FILE}"
          : "the splits are: \(names.joined(separator: ", "))")
      throw DataError(file: name, "there is no split \"\(split)\"", hint: hint)
    }
    var tables: [DataTable] = []
    for file in files { tables.append(try reading.table(Self.bytes(file), file: file)) }
    return DataTable.joined(tables)
  }

  private static func bytes(_ file: String) throws(DataError) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    guard let size = attributes?[.size] as? Int ?? (attributes?[.size] as? UInt64).map({ Int(clamping: $0) }) else {
      throw DataError(file: file, "there is no such file")
    }
    guard size <= maximumFileBytes else {
      throw DataError(file: file, "the file is larger than \(ByteCount.text(maximumFileBytes))")
    }
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    } catch {
      throw DataError(file: file, "the file cannot be read")
    }
  }
}
