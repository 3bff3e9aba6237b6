import Checkpoints
import Tensors
import Testing

@Suite struct FoldedTensorsTests {
  private func fold(_ names: [String]) -> [String] {
    FoldedTensors.folding(names.map { TensorDescription(name: $0, dtype: .bfloat16, shape: [2]) })
      .map { "\($0.name) ×\($0.count)" }
  }

  @Test func `layers fold into ranges`() {
    let names = [3, 0, 1, 2, 7].map { "model.layers.\($0).up.weight" }
    #expect(fold(["head"] + names + ["norm"]) == ["head ×1", "model.layers.{0-3,7}.up.weight ×5", "norm ×1"])
  }

  @Test func `layers of experts fold twice where every layer has the same experts`() {
    let full = (0..<3).flatMap { layer in (0..<4).map { "l.\(layer).e.\($0).w" } }
    #expect(fold(full) == ["l.{0-2}.e.{0-3}.w ×12"])
    #expect(fold(full.filter { $0 != "l.1.e.2.w" }) == ["l.{0,2}.e.{0-3}.w ×8", "l.1.e.{0-1,3}.w ×3"])
  }

  @Test func `other shapes and dtypes have other lines`() {
    let tensors = [
      TensorDescription(name: "l.0.w", dtype: .bfloat16, shape: [2]),
      TensorDescription(name: "l.1.w", dtype: .bfloat16, shape: [3]),
      TensorDescription(name: "l.2.w", dtype: .float32, shape: [2]),
      TensorDescription(name: "l.3.w", dtype: .bfloat16, shape: [2]),
    ]
    #expect(FoldedTensors.folding(tensors).map(\.name) == ["l.{0,3}.w", "l.1.w", "l.2.w"])
  }

  @Test func `numbers that would not print back are names`() {
    #expect(fold(["a.00", "a.01", "7", "a..1", "-1.x", "99999999999999999999"]).count == 6)
    #expect(fold([]) == [])
    #expect(fold(["\(Int.max).a", "\(Int.max - 1).a"]) == ["{\(Int.max - 1)-\(Int.max)}.a ×2"])
  }
}
