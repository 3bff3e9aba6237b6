import BraidTesting
import Testing

@Suite struct ULPTests {
  @Test func `the distance counts representable numbers`() {
    #expect(ulpDistance(1, 1) == 0)
    #expect(ulpDistance(Float(1), Float(1).nextUp) == 1)
    #expect(ulpDistance(-0.0, 0.0) == 0)
    #expect(ulpDistance(-Float.leastNonzeroMagnitude, Float.leastNonzeroMagnitude) == 2)
    #expect(ulpDistance(Float.greatestFiniteMagnitude, .infinity) == 1)
    #expect(ulpDistance(.nan, .nan) == 0)
    #expect(ulpDistance(.nan, 1) == .max)
    #expect(ulpDistance(bfloat16: 0x3F80, 0x3F81) == 1)
    #expect(ulpDistance(bfloat16: 0x8000, 0) == 0)
    #expect(ulpDistance(bfloat16: 0x7F81, 0x3F80) == .max)
    #expect(ulpDistance(float16: 0x3C00, 0xBC00) == 2 * 0x3C00)
    #expect(ulpDistance(float16: 0x7C01, 0x7E00) == 0)
  }
}
