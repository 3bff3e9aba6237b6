internal import Tensors

/// What follows the layers of an embedding model: how the rows of a text become one vector.
///
/// `modules.json` of sentence-transformers lists the steps, each with a folder for its settings. Without that file the
/// rows' mean is taken.
struct SentenceModules: Sendable {
  /// A way of making one vector of many; in the order in which several are put side by side.
  enum Pooling: String, CaseIterable, Sendable {
    case first = "cls"
    case largest = "max"
    case mean
    /// The sum divided by the root of the number of rows.
    case meanByRoot = "mean_sqrt_len_tokens"
    /// The mean in which row i counts i times.
    case weightedMean = "weightedmean"
    case last = "lasttoken"

    /// The older settings' key for it.
    fileprivate var flag: String {
      switch self {
      case .first: "pooling_mode_cls_token"
      case .largest: "pooling_mode_max_tokens"
      case .mean: "pooling_mode_mean_tokens"
      case .meanByRoot: "pooling_mode_mean_sqrt_len_tokens"
      case .weightedMean: "pooling_mode_weightedmean_tokens"
      case .last: "pooling_mode_lasttoken"
      }
    }
  }

  private enum Step: String, CaseIterable {
    case transformer = "Transformer"
    case pooling = "Pooling"
    case dense = "Dense"
    case normalize = "Normalize"
    /// Does nothing outside training.
    case dropout = "Dropout"
  }

  /// What happens to a text's vector.
  private enum Change: Sendable {
    case dense(DenseModule)
    /// The vector is brought to length one.
    case normalize
  }

  private(set) var poolings: [Pooling] = [.mean]
  private var changes: [Change] = []
  /// The most tokens of a text, if the settings have a limit.
  private(set) var maximumLength: Int?

  /// Reads what there is.
  ///
  /// - Parameters:
  ///   - read: gives the contents of a file by its path in the model's folder, or nil if there is none.
  ///   - weights: gives the tensors in a folder of the model's folder, or nil if there are none.
  init(
    model: String, reading read: (String) throws -> [UInt8]?, weights: (String) throws -> (any TensorSource)?
  ) throws {
    func document(_ path: String) throws -> ModelValue? {
      try read(path).map { try ModelDocument.parse($0, file: "\(model)/\(path)") }
    }
    var folder = ""
    var isPooled = false
    if let modules = try document("modules.json") {
      for (number, module) in try modules.elements().enumerated() {
        let type = try module.member("type")
        let name = try type.string().split(separator: ".").last.map(String.init) ?? ""
        guard let step = Step(rawValue: name), (step == .transformer) == (number == 0), step != .dense || isPooled
        else {
          throw type.failure(
            "the module \(name) cannot be computed as number \(number + 1)",
            hint: "supported: Transformer, then Pooling, then Dense and Normalize")
        }
        let place = try module.string("path") ?? ""
        guard !place.hasPrefix("/"), !place.split(separator: "/").contains("..") else {
          throw try module.member("path").failure("the path leads out of the model's folder")
        }
        let path = place.isEmpty ? "" : place + "/"
        switch step {
        case .transformer: folder = path
        case .pooling:
          if let settings = try document(path + "config.json") { poolings = try Self.poolings(settings) }
          isPooled = true
        case .dense:
          guard let settings = try document(path + "config.json") else {
            throw type.failure("there is no \(path)config.json")
          }
          changes.append(.dense(try DenseModule(settings, weights: try weights(place), model: "\(model)/\(place)")))
        case .normalize: changes.append(.normalize)
        case .dropout: break
        }
      }
    }
    let limit = try document(folder + "sentence_bert_config.json")?["max_seq_length"]
    maximumLength = try limit?.integer(in: 1...(1 << 40))
  }

  /// The elements of a text's vector.
  ///
  /// - Parameter width: the elements of a row.
  /// - Throws: if a map does not fit what comes before it.
  func width(ofRows width: Int, model: String) throws(ModelError) -> Int {
    var width = poolings.count * width
    for case .dense(let dense) in changes {
      guard dense.inputs == width else {
        throw .weights(
          model: model, message: "a module Dense wants vectors of \(dense.inputs) elements, and those have \(width)")
      }
      width = dense.outputs
    }
    return width
  }

  private static func poolings(_ settings: ModelValue) throws(ModelError) -> [Pooling] {
    if try !settings.bool("include_prompt", default: true) {
      throw try settings.member("include_prompt").failure("leaving the prompt out of pooling is not supported")
    }
    if let mode = settings["pooling_mode"] {
      var poolings: [Pooling] = []
      for name in mode.isArray ? try mode.elements() : [mode] {
        guard let pooling = Pooling(rawValue: try name.string()) else {
          throw name.unknown("pooling", try name.string(), known: Pooling.allCases.map(\.rawValue))
        }
        poolings.append(pooling)
      }
      return Pooling.allCases.filter(poolings.contains)
    }
    var poolings: [Pooling] = []
    for pooling in Pooling.allCases where try settings.bool(pooling.flag, default: false) { poolings.append(pooling) }
    guard !poolings.isEmpty else { throw settings.failure("no pooling is switched on") }
    return poolings
  }

  /// The vector of a text from its rows, which follow each other.
  func vector(_ rows: UnsafePointer<Float>, count: Int, width: Int) -> [Float] {
    var vector = poolings.flatMap { Self.pool($0, rows, count: count, width: width) }
    for change in changes {
      switch change {
      case .dense(let dense): vector = dense.apply(to: vector)
      case .normalize:
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let scale = 1 / max(length, 1e-12)
        for i in vector.indices { vector[i] = Float(Double(vector[i]) * scale) }
      }
    }
    return vector
  }

  private static func pool(_ pooling: Pooling, _ rows: UnsafePointer<Float>, count: Int, width: Int) -> [Float] {
    func sum(_ weight: (Int) -> Double) -> [Double] {
      (0..<width).map { column in (0..<count).reduce(0.0) { $0 + Double(rows[$1 * width + column]) * weight($1) } }
    }
    switch pooling {
    case .first: return Array(UnsafeBufferPointer(start: rows, count: width))
    case .last: return Array(UnsafeBufferPointer(start: rows + (count - 1) * width, count: width))
    case .largest:
      return (0..<width).map { column in (0..<count).reduce(-Float.infinity) { max($0, rows[$1 * width + column]) } }
    case .mean: return sum { _ in 1 }.map { Float($0 / Double(count)) }
    case .meanByRoot: return sum { _ in 1 }.map { Float($0 / Double(count).squareRoot()) }
    case .weightedMean: return sum { Double($0 + 1) }.map { Float($0 / Double(count * (count + 1) / 2)) }
    }
  }
}
