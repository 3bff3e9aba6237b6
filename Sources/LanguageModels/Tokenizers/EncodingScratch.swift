/// The memory that one running call of a tokenizer works in; kept between calls, with the words it remembers.
///
/// Unchecked: a call takes it out of the tokenizer's store and is alone with it until it puts it back.
final class EncodingScratch: @unchecked Sendable {
  let classes = ScalarClasses()
  let cache = WordCache()
  /// The tokens of the text so far.
  private(set) var tokens: UnsafeMutablePointer<UInt32>
  private(set) var count = 0
  private var capacity = 1 << 12
  /// Room for the symbols of a word and for the merges between them.
  private(set) var symbols: UnsafeMutablePointer<UInt32>
  private(set) var pairs: UnsafeMutablePointer<UInt64>
  private var symbolCapacity = 1 << 8
  /// The merges that wait in a long word.
  var queue = MergeQueue()
  /// The best ways through a word for the models that look for them.
  var ways: [UnigramModel.Way] = []

  init() {
    tokens = .allocate(capacity: capacity)
    symbols = .allocate(capacity: symbolCapacity)
    pairs = .allocate(capacity: symbolCapacity)
  }

  deinit {
    tokens.deallocate()
    symbols.deallocate()
    pairs.deallocate()
  }

  /// Forgets the tokens of the last text.
  func begin() { count = 0 }

  /// Adds a token.
  @inline(__always)
  func append(_ token: UInt32) {
    if count == capacity { grow() }
    tokens[count] = token
    count += 1
  }

  /// Makes room for tokens that are written straight behind the others.
  @inline(__always)
  func reserve(_ more: Int) { while count + more > capacity { grow() } }

  /// Counts tokens that were written behind the others.
  @inline(__always)
  func advance(by more: Int) { count += more }

  /// Takes tokens back.
  func remove(from place: Int) { count = place }

  private func grow() {
    let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity * 2)
    larger.update(from: tokens, count: count)
    tokens.deallocate()
    tokens = larger
    capacity *= 2
  }

  /// Makes room for the symbols of a word.
  @inline(__always)
  func reserveSymbols(_ count: Int) {
    if count > symbolCapacity { growSymbols(count) }
  }

  private func growSymbols(_ count: Int) {
    symbols.deallocate()
    pairs.deallocate()
    while symbolCapacity < count { symbolCapacity *= 2 }
    symbols = .allocate(capacity: symbolCapacity)
    pairs = .allocate(capacity: symbolCapacity)
  }

  /// The tokens as an array.
  var result: [Int] {
    [Int](unsafeUninitializedCapacity: count) { buffer, initialized in
      for place in 0..<count { buffer[place] = Int(tokens[place]) }
      initialized = count
    }
  }

  /// How much memory a call may leave behind for the next one, in elements of each kind.
  private static let kept = 1 << 18

  /// Gives back what an unusually long text needed.
  func trim() {
    if capacity > Self.kept {
      tokens.deallocate()
      capacity = 1 << 12
      tokens = .allocate(capacity: capacity)
      count = 0
    }
    if symbolCapacity > Self.kept {
      symbolCapacity = 1 << 8
      symbols.deallocate()
      pairs.deallocate()
      symbols = .allocate(capacity: symbolCapacity)
      pairs = .allocate(capacity: symbolCapacity)
    }
    if ways.count > Self.kept { ways = [] }
    if queue.capacity > Self.kept { queue = MergeQueue() }
  }
}
