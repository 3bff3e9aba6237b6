import Tensors
import Testing

@Suite struct DTypeTests {
  @Test func `names and sizes are PyTorch's`() {
    let table = DType.allCases.map { "\($0.rawValue) \($0.byteCount) \($0.isFloatingPoint ? "float" : "other")" }
    #expect(
      table == [
        "bool 1 other", "uint8 1 other", "int8 1 other", "uint16 2 other", "int16 2 other", "uint32 4 other",
        "int32 4 other", "uint64 8 other", "int64 8 other", "float8_e4m3fn 1 float", "float8_e5m2 1 float",
        "float16 2 float", "bfloat16 2 float", "float32 4 float", "float64 8 float",
      ])
  }
}
