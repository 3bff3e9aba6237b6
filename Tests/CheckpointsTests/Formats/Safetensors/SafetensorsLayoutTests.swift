import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct SafetensorsLayoutTests {
  private func tensor(_ name: String, _ count: Int, _ dtype: DType = .uint8) -> TensorDescription {
    TensorDescription(name: name, dtype: dtype, shape: [count])
  }

  @Test func `one shard has the plain name and no list`() throws {
    let layout = try SafetensorsLayout.make([tensor("a", 5), tensor("b", 6)])
    #expect(layout.shards.map(\.fileName) == ["model.safetensors"])
    #expect(layout.shardList == nil)
    #expect(layout.placements.map(\.offset) == [4096, 4101])
    #expect(layout.shards[0].byteCount == 4107)
    let header = String(decoding: layout.shards[0].header.dropFirst(8), as: UTF8.self)
    #expect(
      header.hasPrefix(
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"#
          + #""b":{"dtype":"U8","shape":[6],"data_offsets":[5,11]}} "#))
    #expect(layout.shards[0].header.count == 4096)
  }

  @Test func `shards are filled in order up to the limit, and a large tensor has its own`() throws {
    let sizes = [40, 60, 1, 300, 100, 20]
    let layout = try SafetensorsLayout.make(sizes.enumerated().map { tensor("t\($0)", $1) }, maxShardSize: 100)
    #expect(layout.shards.map(\.tensors) == [[0, 1], [2], [3], [4], [5]])
    #expect(layout.shards.first?.fileName == "model-00001-of-00005.safetensors")
    #expect(layout.shards.last?.fileName == "model-00005-of-00005.safetensors")
    try Golden.expect(String(decoding: layout.shardList?.bytes ?? [], as: UTF8.self), at: "weight-map.json")
  }

  @Test func `every tensor begins at a multiple of its element size, elements at a multiple of 4096`() throws {
    let tensors = [
      tensor("a", 3), tensor("b", 3, .float64), tensor("c", 1, .bool), tensor("d", 5, .bfloat16),
      tensor("e", 1, .float32),
    ]
    let layout = try SafetensorsLayout.make(tensors)
    for (tensor, placement) in zip(tensors, layout.placements) {
      #expect(placement.offset % tensor.dtype.byteCount == 0)
    }
    #expect(layout.shards[0].tensors == [1, 4, 3, 0, 2])
    #expect(layout.shards[0].header.count % 4096 == 0)
    #expect(layout.placements[1].offset == layout.shards[0].header.count)
  }

  @Test func `names with quotes, slashes and other scripts are written as JSON`() throws {
    let names = ["a\"b", "c\\d", "e\nf", "größe.重み"]
    let layout = try SafetensorsLayout.make(names.map { tensor($0, 1) })
    let file = layout.shards[0].header + [1, 2, 3, 4]
    let index = try file.withUnsafeBytes { try Safetensors.readIndex(of: $0, file: "file") }
    #expect(index.tensors.map(\.description.name) == names)
  }

  @Test func `no tensors make an empty but valid file`() throws {
    let layout = try SafetensorsLayout.make([])
    #expect(layout.shards.map(\.byteCount) == [4096])
    let header = layout.shards[0].header
    #expect(try header.withUnsafeBytes { try Safetensors.readIndex(of: $0, file: "file") }.tensors.isEmpty)
  }

  @Test func `names that no reader could tell apart are refused`() throws {
    func message(_ tensors: [TensorDescription]) -> String {
      do {
        _ = try SafetensorsLayout.make(tensors)
        return ""
      } catch {
        return error.message
      }
    }
    #expect(message([tensor("a", 1), tensor("a", 2)]) == "two tensors are called \"a\"")
    #expect(message([tensor("__metadata__", 1)]) == "no tensor may be called __metadata__")
    let huge = TensorDescription(name: "h", dtype: .float64, shape: [1 << 40, 1 << 40])
    #expect(message([huge]) == "the tensor \"h\" is too large: [1099511627776, 1099511627776]")
  }
}
