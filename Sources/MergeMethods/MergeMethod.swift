public import Tensors

/// A way of combining tensors, with every parameter settled for one tensor.
///
/// Implementing: a method is a value in a file of its own under `Methods/`: doc comment (formula, source, when it is
/// a bad idea), the parameters as stored properties, a ``MethodCard`` that ties each property to its name, range and
/// sentence, and `begin`, which returns the passes over the tensor. Add it to `Catalog.swift`.
public protocol MergeMethod: Sendable {
  /// Prepares the merge of one tensor.
  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge
}

/// What a method is told about the tensor before any element is read.
public struct MergeTask: Sendable, Hashable {
  /// The name of the output tensor; errors mention it.
  public var tensor: String
  /// The shape that all inputs share.
  public var shape: Shape
  /// How many inputs there are, the base among them.
  public var inputCount: Int
  /// Which input is the base, if the merge has one.
  public var base: Int?
  /// What methods that draw at random draw from.
  public var seed: UInt64
  /// So many bytes may be kept from one pass to the next, to spare the next one work.
  public var spareBytes: Int

  /// Describes a tensor to merge.
  public init(tensor: String, shape: Shape, inputCount: Int, base: Int?, seed: UInt64 = 0, spareBytes: Int = 0) {
    self.tensor = tensor
    self.shape = shape
    self.inputCount = inputCount
    self.base = base
    self.seed = seed
    self.spareBytes = spareBytes
  }
}

/// The merge of one tensor as a sequence of passes over its inputs: any number of surveys, then one combination.
///
/// The executor asks for the next pass, streams the inputs through it block by block, from any number of threads and
/// in any order, and asks again. So memory stays bounded whatever the tensor's size. The calls to `nextPass` never
/// overlap with a pass.
public protocol TensorMerge: AnyObject {
  /// The next pass, given everything that earlier surveys have seen.
  func nextPass() throws(MergeMethodError) -> MergePass
}

/// One streaming pass over the inputs.
public enum MergePass: Sendable {
  /// Reads all blocks and leaves a small summary.
  case survey(any Survey)
  /// Reads all blocks and writes the output; always the last pass.
  case combine(any Combination)
}

/// The constants of streaming that summaries and kernels agree on.
public enum Streaming {
  /// How many elements a block has, except the last of a tensor.
  ///
  /// Blocks are the unit of every reduction: partial sums are kept per block and added in block order, so that slab
  /// size and thread count cannot show in a result. 8192 float32 elements of four inputs stay in a second-level cache.
  public static let blockElements = 8192

  /// How many elements a band has, except the last of a tensor: what one worker takes at a time, block by block.
  ///
  /// 1 MiB of bfloat16: large enough that taking a band costs nothing and direct writes run at full speed, small
  /// enough that the last band of a pass leaves no worker idle for long.
  public static let bandElements = 64 * blockElements
}

/// A block of all inputs, as float32, and as stored bfloat16 where a pass asks for that.
public struct InputBlock: @unchecked Sendable {
  // Pointers into a worker's scratch memory or mapped files; valid during the call that receives the block, only then.
  /// One pointer per input; each holds `count` elements. Empty if the block has `bfloat16`.
  public let inputs: UnsafeBufferPointer<UnsafePointer<Float>>
  /// One pointer per input to bfloat16 elements as they are stored; nil unless the pass takes them and all inputs
  /// have them.
  public let bfloat16: UnsafeBufferPointer<UnsafePointer<UInt16>>?
  /// How many elements the block has.
  public let count: Int
  /// The flat index of the block's first element; a multiple of ``Streaming/blockElements``.
  public let start: Int

  /// Describes a block that lives in the caller's memory.
  public init(
    inputs: UnsafeBufferPointer<UnsafePointer<Float>>, bfloat16: UnsafeBufferPointer<UnsafePointer<UInt16>>? = nil,
    count: Int, start: Int
  ) {
    self.inputs = inputs
    self.bfloat16 = bfloat16
    self.count = count
    self.start = start
  }

  /// The elements of one input.
  public subscript(input: Int) -> UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: inputs[input], count: count) }
}

/// A pass that only looks.
///
/// Implementing: `makeLocal` gives each worker a summary of its own, `observe` fills it, `merge` adds it to the
/// whole under the executor's lock. The blocks of a band come in order and all to the same worker; the result must not
/// depend on which bands went to which.
public protocol Survey: AnyObject, Sendable {
  /// Every how many blocks it wants to see one: 1 is all of them, which is the default.
  var blockStride: Int { get }
  /// Whether it wants to see a block, given by its number: those of the stride, unless it says so.
  func wants(block: Int) -> Bool
  /// Whether it takes bfloat16 inputs as they are stored, which spares their conversion; no, unless it says so.
  var takesBFloat16: Bool { get }
  /// A fresh summary for one worker.
  func makeLocal() -> AnyObject
  /// Looks at one block.
  func observe(_ block: InputBlock, into local: AnyObject)
  /// Adds a worker's summary to the whole; calls never overlap.
  func merge(_ local: AnyObject)
}

extension Survey {
  /// All blocks.
  public var blockStride: Int { 1 }
  /// Those of the stride.
  public func wants(block: Int) -> Bool { block % blockStride == 0 }
  /// Float32 only.
  public var takesBFloat16: Bool { false }
}

/// The pass that computes the output.
public protocol Combination: Sendable {
  /// Whether it takes bfloat16 inputs as they are stored, which spares their conversion; no, unless it says so.
  var takesBFloat16: Bool { get }
  /// Computes one block of the output.
  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>)
}

extension Combination {
  /// Float32 only.
  public var takesBFloat16: Bool { false }
}
