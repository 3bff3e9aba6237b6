internal import Documents
internal import Kernels
internal import Tensors

/// The tokens whose rows of an embedding or a head an adapter has trained, in the order of the rows in its file.
struct TrainedTokens: Sendable {
  /// What PEFT calls an adapter that consists of nothing but such rows.
  static let kind = "TRAINABLE_TOKENS"

  private let key: String
  /// By the ends of modules' names; an empty one stands for any module.
  private var indices: [(module: String, tokens: [Int])] = []

  /// Reads a list of tokens, or an object of such lists; null and a missing key have none.
  init(_ key: String, in file: JSONFile) throws(CheckpointError) {
    self.key = key
    guard let node = file.root[key], !node.isNull else { return }
    if let members = node.object {
      for member in members { indices.append((member.key, try Self.tokens(member.node, key, in: file))) }
    } else {
      indices = [("", try Self.tokens(node, key, in: file))]
    }
  }

  private static func tokens(_ node: JSONNode, _ key: String, in file: JSONFile) throws(CheckpointError) -> [Int] {
    guard let elements = node.array else {
      throw AdapterConfiguration.fault(key, "holds \(node.kind); expected a list of tokens' numbers", in: file)
    }
    var tokens: [Int] = []
    var seen: Set<Int> = []
    for element in elements {
      guard let token = element.int, token >= 0 else {
        throw AdapterConfiguration.fault(
          key, "holds \(element.kind) among its tokens; expected numbers from 0 on", in: file)
      }
      guard seen.insert(token).inserted else {
        throw AdapterConfiguration.fault(key, "holds the token \(token) twice", in: file)
      }
      tokens.append(token)
    }
    return tokens
  }

  /// The tokens of a module, or nil if the settings have none for it.
  func tokens(of module: String) -> [Int]? {
    indices.first { $0.module.isEmpty || module == $0.module || module.hasSuffix("." + $0.module) }?.tokens
  }

  /// Whether the settings speak of a module by its name, and not just of any.
  func names(_ module: String) -> Bool {
    indices.contains { !$0.module.isEmpty && (module == $0.module || module.hasSuffix("." + $0.module)) }
  }

  /// Where the settings are, for messages.
  var description: String { key }
}

/// Rows that take the place of some of a matrix's.
struct RowReplacement: Sendable {
  /// The rows, one behind the other.
  let rows: StoredNumbers
  /// The rows of the matrix that are replaced, in ascending order, and which stored row each is replaced by.
  let places: [(row: Int, stored: Int)]
  /// The elements of a row.
  let width: Int

  /// Replaces rows.
  ///
  /// - Parameter tokens: the row of the matrix for each stored one; none twice.
  init(_ rows: TensorDescription, tokens: [Int], width: Int) {
    self.rows = StoredNumbers(name: rows.name, dtype: rows.dtype)
    self.width = width
    places = tokens.enumerated().map { (row: $0.element, stored: $0.offset) }.sorted { $0.row < $1.row }
  }

  /// Calls `body` with each run of replaced elements in a range: where it begins in the range, and its numbers.
  func forEachRun(
    in elements: Range<Int>, from adapter: any TensorSource, _ body: (Int, UnsafePointer<Float>, Int) -> Void
  ) throws {
    guard width > 0, !elements.isEmpty else { return }
    let first = elements.lowerBound / width
    var place = places.partition { $0.row < first }
    let numbers = AlignedMemory(byteCount: width * 4)
    while place < places.count, places[place].row * width < elements.upperBound {
      let start = places[place].row * width
      let part = (start..<start + width).clamped(to: elements)
      let stored = places[place].stored * width + part.lowerBound - start
      try rows.read(stored..<stored + part.count, from: adapter, into: numbers.floats)
      body(part.lowerBound - elements.lowerBound, numbers.floats, part.count)
      place += 1
    }
  }
}

extension [(row: Int, stored: Int)] {
  /// The number of the first element that is not before what is looked for.
  fileprivate func partition(_ isBefore: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
