import BraidTesting
import Documents
import MergeSpecs
import Testing

/// Whatever is done to a spec, reading and planning it ends in a plan or in diagnostics.
@Suite struct HostileSpecTests {
  static let specs =
    [
      "families/a/golden/slerp-gradient-filters/spec.yaml", "families/a/golden/passthrough-frankenmerge/spec.yaml",
      "families/a/golden/ties-density-half/spec.yaml", "families/a/golden/nuslerp-base-rows/spec.yaml",
      "families/a/golden/model-stock-filter-wise/spec.yaml", "families/a/golden/linear-weights/spec.yaml",
    ].map(Fixture.path) + ["anchors.yml", "layer-blend.yml", "ties-filters.yml"].map(Fixture.merge)

  private func endure(_ bytes: some Collection<UInt8>, _ models: [String: ModelHeader]) {
    let text = String(decoding: bytes, as: UTF8.self)
    for lenient in [false, true] {
      let (spec, diagnostics) = MergeSpec.parse(text, file: "f", lenient: lenient)
      let hasErrors = diagnostics.contains { $0.severity == .error }
      #expect(spec != nil || hasErrors)
      for diagnostic in diagnostics { #expect(!diagnostic.rendered(text: text).isEmpty) }
      guard let spec else { continue }
      let known = spec.references.allSatisfy { models[$0.text] != nil }
      let (plan, faults) = Planner.plan(spec, models: models)
      #expect(plan != nil || hasErrors || !known || faults.contains { $0.severity == .error })
      #expect(plan == nil || !hasErrors)
      // No tensor may get lost in a plan.
      if let plan, case .models = spec.composition { #expect(plan.steps.count >= 39) }
    }
  }

  @Test func `files of many stages are read in no time`() throws {
    func stage(_ number: Int, _ references: [Int]) -> String {
      let models = references.map { $0 < 0 ? "{model: ./base}" : "{model: s\($0)}" }.joined(separator: ", ")
      return "name: s\(number)\nmerge_method: passthrough\nmodels: [\(models)]\n"
    }
    let began = ContinuousClock.now
    for count in [2, 100, 101, 3000] {
      let chain = (0..<count).map { stage($0, [$0 - 1]) }
      let lattice = (0..<count).map { stage($0, [$0 - 1, $0 - 2, $0 - 3]) }
      let circle = (0..<count).map { stage($0, [($0 + 1) % count]) }
      let crowd = (0..<count).map { stage($0, [-1]) }
      for texts in [chain, chain.reversed(), lattice, circle, crowd] {
        let text = texts.joined(separator: "---\n")
        let (spec, diagnostics) = StagedSpec.parse(text, file: "f")
        #expect(spec?.stages.count == count || diagnostics.contains { $0.severity == .error })
        #expect(diagnostics.count <= 2 * count)
      }
    }
    #expect(ContinuousClock.now - began < .seconds(20))
  }

  @Test(arguments: specs)
  func `a spec may end anywhere`(path: String) throws {
    let bytes = try Files.bytes(path)
    let models = try SpecTesting.family()
    for end in bytes.indices { endure(bytes[..<end], models) }
  }

  @Test(arguments: specs)
  func `bytes of a spec may be anything`(path: String) throws {
    let bytes = try Files.bytes(path)
    let models = try SpecTesting.family()
    var random = SplitMix(state: UInt64(bytes.count))
    let marks = Array("*&<>:-[]{},\"'#|!%@?~ \n\t0.9e\u{7F}".utf8)
    for _ in 0..<600 {
      var changed = bytes
      for _ in 0...random.below(3) {
        let place = random.below(changed.count)
        switch random.below(4) {
        case 0: changed[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: changed[place] = marks[random.below(marks.count)]
        case 2: changed.insert(marks[random.below(marks.count)], at: place)
        default: changed.remove(at: place)
        }
      }
      endure(changed, models)
    }
  }

  @Test func `short texts of any characters are read`() throws {
    let pieces = [
      "*", "&a", "<<", ":", "- ", "\n", "[", "]", "{", "}", "\"", "'", "a", "|", ">", "!", "\u{E000}", "\u{85}", "\r",
      "é",
    ]
    var random = SplitMix(state: 7)
    for _ in 0..<3000 {
      let text = (0..<random.below(12)).map { _ in pieces[random.below(pieces.count)] }.joined()
      let (spec, diagnostics) = MergeSpec.parse(text, file: "f")
      #expect(spec == nil && !diagnostics.isEmpty)
    }
  }
}

/// A small generator with a fixed sequence.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
