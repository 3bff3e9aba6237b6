import Checkpoints
import Foundation
import MergeSpecs
import Merging
import Tensors

/// A low-rank adapter for every projection of a random Llama, made up while it is read.
struct RandomAdapter: TensorSource {
  static let rank = 16
  let index: TensorIndex
  private let numbers: RandomLlama

  init(_ size: RandomLlama.Size) {
    numbers = RandomLlama(size, variant: 1)
    index = TensorIndex(
      numbers.index.tensors.filter { $0.name.contains("_proj.") }.flatMap { tensor in
        let module = "base_model.model." + tensor.name.dropLast(".weight".count)
        let (rows, columns) = (tensor.shape.dimensions[0], tensor.shape.dimensions[1])
        return [("lora_A", [Self.rank, columns]), ("lora_B", [rows, Self.rank])].map {
          TensorDescription(name: "\(module).\($0).weight", dtype: .bfloat16, shape: Shape($1))
        }
      })
  }

  func read(_ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    _ = try checkRequest(tensor, elements: range, into: destination)
    numbers.fill(tensor, elements: range, into: destination)
  }

  /// Writes the adapter as PEFT would.
  static func write(_ size: RandomLlama.Size, at path: String) throws {
    try MakeFamily.write(RandomAdapter(size), at: path) { writer in
      let configuration = """
        {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": \(rank), "lora_alpha": \(rank), "bias": "none",
         "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]}

        """
      try writer.add(file: "adapter_config.json", bytes: Array(configuration.utf8))
    }
    try FileManager.default.moveItem(
      atPath: "\(path)/model.safetensors", toPath: "\(path)/adapter_model.safetensors")
  }
}
