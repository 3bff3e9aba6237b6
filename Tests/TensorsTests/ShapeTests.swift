import Tensors
import Testing

@Suite struct ShapeTests {
  @Test func `the element count is the product of the extents`() {
    #expect(Shape([]).elementCount == 1)
    #expect(Shape([3, 0, 2]).elementCount == 0)
    #expect(Shape([3, 4]).elementCount == 12)
    #expect(Shape([3, 4]).rowLength == 4)
    #expect(Shape([]).rowLength == 1)
    #expect("\(Shape([3, 4])) \(Shape([]))" == "[3, 4] []")
  }

  @Test func `the checked count refuses what overflows or is negative`() {
    #expect(Shape([3, 4]).checkedElementCount == 12)
    #expect(Shape([]).checkedElementCount == 1)
    #expect(Shape([-1]).checkedElementCount == nil)
    #expect(Shape([0, -1]).checkedElementCount == nil)
    #expect(Shape([Int.max, 2]).checkedElementCount == nil)
    #expect(Shape([Int.max, 1]).checkedElementCount == Int.max)
    #expect(Shape([1 << 40, 1 << 40, 0]).checkedElementCount == nil)
  }
}
