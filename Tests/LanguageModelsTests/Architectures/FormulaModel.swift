import BraidTesting
import Documents
import Foundation
import LanguageModels
import Tensors
import Testing

/// A tiny model whose weights follow from their names, and what transformers computes with it; see `make_goldens.py`.
struct FormulaModel {
  let kind: String
  let golden: JSONNode
  let configuration: [UInt8]

  /// The models of a family.
  static func family(_ name: String) throws -> [FormulaModel] {
    let bytes = try Files.bytes(
      Fixture.packageRoot + "/Tests/LanguageModelsTests/Architectures/Goldens/\(name).json")
    return try #require(try JSONParser.parse(bytes).object).map { member in
      let configuration = try #require(member.node["config"])
      return FormulaModel(kind: member.key, golden: member.node, configuration: Array(bytes[configuration.range]))
    }
  }

  /// The weights.
  func weights() throws -> MemorySource {
    MemorySource(
      floats: try #require(golden["tensors"]?.object).map { member in
        let shape = Shape(member.node.integers)
        return (name: member.key, shape: shape, values: Self.values(member.key, count: shape.elementCount))
      })
  }

  /// Loads the model.
  func load(
    precision: Precision = .float32, threads: Int = 2, rowsPerBatch: Int? = nil, configuration: [UInt8]? = nil
  ) throws -> LanguageModel {
    try LanguageModel(
      name: "m", weights: try weights(), configuration: configuration ?? self.configuration,
      tokenizer: Files.bytes(Fixture.path("families/a/base/tokenizer.json")), precision: precision,
      threads: threads, rowsPerBatch: rowsPerBatch)
  }

  /// The configuration with a text in place of another.
  func configuration(replacing old: String, with new: String) throws -> [UInt8] {
    let text = String(decoding: configuration, as: UTF8.self)
    try #require(text.contains(old), "\(kind)")
    return Array(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new).utf8)
  }

  /// Elements of a tensor: splitmix64 seeded with the name.
  static func values(_ name: String, count: Int) -> [Float] {
    var seed: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let lower = name.lowercased()
    let isNorm = lower.contains("norm") || lower.contains("ln_")
    let scale: Float = isNorm || name.hasSuffix("bias") ? 0.25 : 0.3
    let shift: Float = isNorm && name.hasSuffix("weight") ? 1 : 0
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      (Float(generator.next() >> 40) / Float(1 << 23) - 1) * scale + shift
    }
  }
}
