internal import Documents
internal import Tensors

/// A matrix of small integers in words of 32 bits, with a scale and a zero point for each group of inputs, as GPTQ
/// and AWQ store linear layers: input-major, while the model's weight is [outputs, inputs].
///
/// weight[o, i] = scale[g, o] · (code[i, o] − zero[g, o]), where g is the group of input i.
struct GroupedIntegers: TensorDerivation {
  /// The most groups of inputs. The widest published layers have some 60 000 inputs in groups of 32 or more.
  static let maximumGroups = 1 << 16
  /// Entries of the table of scales, and of the table of zero points, that are held at a time.
  static let tableLength = 1 << 16
  /// The most outputs that are worked on at a time; a band of a usual merge has 64 rows or fewer.
  static let tileOutputs = 128
  /// Inputs that are worked on at a time.
  static let tileInputs = 64

  /// How codes lie in words.
  let packing: IntegerPacking
  /// The names of the codes and zero points.
  let codes: String
  let zeros: String
  let scales: StoredNumbers
  /// The name of the list with each input's group, if there is one.
  let groupIndex: String?
  let inputs: Int
  let outputs: Int
  let groups: Int
  let groupSize: Int
  /// What a stored zero point is less than the true one.
  let zeroOffset: UInt32

  var sources: [String] { [codes, zeros, scales.name] + (groupIndex.map { [$0] } ?? []) }

  // MARK: Making

  /// The model's tensors with the packed ones undone; nil if none is packed in this way.
  static func derivations(
    of checkpoint: Checkpoint, settings: QuantizationSettings?
  ) throws(CheckpointError) -> [DerivedTensor]? {
    let ending = "." + PackedParts.codes
    let layers = checkpoint.index.tensors.map(\.name).filter { $0.hasSuffix(ending) }
    guard let settings, !layers.isEmpty else { return nil }
    var parts: Set<String> = []
    var weights: [String: DerivedTensor] = [:]
    for codes in layers {
      let layer = String(codes.dropLast(ending.count))
      let derivation = try GroupedIntegers(layer, settings: settings, in: checkpoint)
      let name = layer + ".weight"
      if checkpoint.index[name] != nil {
        throw PackedParts.fault(in: checkpoint, name, found: "a weight beside \(codes)", expected: "one of them")
      }
      weights[codes] = DerivedTensor(
        description: TensorDescription(
          name: name, dtype: .float32, shape: [derivation.outputs, derivation.inputs]),
        derivation: derivation)
      parts.formUnion(derivation.sources)
    }
    return checkpoint.index.tensors.compactMap { tensor in
      if let weight = weights[tensor.name] { return weight }
      if parts.contains(tensor.name) { return nil }
      return DerivedTensor(description: tensor, derivation: RenamedTensor(tensor.name))
    }
  }

  private init(_ layer: String, settings: QuantizationSettings, in checkpoint: Checkpoint) throws(CheckpointError) {
    let parts = PackedParts(checkpoint: checkpoint, owner: layer + "." + PackedParts.codes)
    codes = layer + "." + PackedParts.codes
    zeros = layer + ".qzeros"
    let bits = try Self.bits(settings, parts)
    let perWord = 32 / bits
    let words: Set<DType> = [.int32, .uint32]
    let stored = try parts.matrix(codes, words, why: "codes in words of 32 bits")
    let isGPTQ = settings.method == "gptq"
    packing = isGPTQ ? .alongInputs(bits: bits) : .alongOutputs
    let packed = isGPTQ ? stored.rows : stored.columns
    // Eight weights of four bytes come from a word; strides of zero make more words than the file has bytes.
    guard case let (count, overflow) = stored.rows.multipliedReportingOverflow(by: stored.columns), !overflow,
      count <= Int.max / 64
    else {
      throw parts.fault(
        codes, found: "\(stored.rows) × \(stored.columns) words", expected: "a size that does not overflow")
    }
    inputs = isGPTQ ? packed * perWord : stored.rows
    outputs = isGPTQ ? stored.columns : packed * perWord

    let size = settings.int("group_size", "q_group_size") ?? Self.usualGroupSize
    guard size > 0 || size == -1 else {
      throw parts.fault(codes, found: "a group_size of \(size)", expected: "a positive number, or -1 for one group")
    }
    groupSize = size == -1 ? inputs : size
    groups = inputs / groupSize + (inputs % groupSize == 0 ? 0 : 1)
    guard groups <= Self.maximumGroups else {
      throw parts.fault(codes, found: "\(groups) groups of inputs", expected: "at most \(Self.maximumGroups)")
    }
    guard outputs % perWord == 0 else {
      throw parts.fault(codes, found: "\(outputs) outputs", expected: "a multiple of \(perWord)")
    }
    let why = "for \(inputs) inputs in groups of \(groupSize) and \(outputs) outputs"
    let scale = try parts.part(layer + ".scales", StoredNumbers.dtypes, [groups, outputs], why: why)
    scales = StoredNumbers(name: scale.name, dtype: scale.dtype)
    _ = try parts.part(zeros, words, [groups, outputs / perWord], why: why)
    let list = layer + ".g_idx"
    if isGPTQ, checkpoint.index[list] != nil {
      _ = try parts.part(list, [.int32], [inputs], why: "a group for each input")
      groupIndex = list
    } else {
      guard !isGPTQ || settings.flag("desc_act") != true else {
        throw parts.fault(
          codes, found: "no tensor \(list)", expected: "a group for each input, because desc_act is set")
      }
      groupIndex = nil
    }
    // The first format of GPTQ's checkpoints stores zero points less one; the second, and AWQ, as they are.
    let isFirst = isGPTQ && settings.text("checkpoint_format")?.lowercased() != "gptq_v2"
    zeroOffset = isFirst ? 1 : 0
  }

  /// The group size that the tools take, where the configuration states none.
  private static let usualGroupSize = 128

  /// The width of a code, if it is one that can be read.
  private static func bits(_ settings: QuantizationSettings, _ parts: PackedParts) throws(CheckpointError) -> Int {
    let bits = settings.int("bits", "w_bit") ?? 4
    func refuse(_ what: String) -> CheckpointError {
      let hint = "what can be read: " + PackedWeights.supported.joined(separator: ", ")
      return CheckpointError(
        .refused, path: parts.checkpoint.location(of: parts.owner)?.file.path ?? parts.checkpoint.path,
        "tensor \(PrintableText.quoted(parts.owner)): it is packed as \(what), which cannot be read", hint: hint)
    }
    if settings.method == "gptq" {
      guard bits == 4 || bits == 8 else { throw refuse("GPTQ of \(bits) bits") }
      let format = settings.text("checkpoint_format")?.lowercased() ?? "gptq"
      guard ["gptq", "gptq_v2"].contains(format) else {
        throw refuse("GPTQ in the format \(PrintableText.quoted(format))")
      }
    } else {
      let version = settings.text("version")?.lowercased() ?? "gemm"
      guard version == "gemm" else { throw refuse("AWQ in the version \(PrintableText.quoted(version))") }
      guard bits == 4 else { throw refuse("AWQ of \(bits) bits") }
    }
    return bits
  }
}

/// How codes of a few bits lie in words of 32.
enum IntegerPacking {
  /// GPTQ: a word has the codes of neighbouring inputs for one output, lowest bits first.
  case alongInputs(bits: Int)
  /// AWQ (gemm): a word has the codes of one input for eight neighbouring outputs, in an interleaved order.
  case alongOutputs

  /// Where AWQ has the code of each of eight outputs: it stores output 0, 2, 4, 6, 1, 3, 5, 7, lowest bits first.
  static let interleavedShifts: [UInt32] = [0, 16, 4, 20, 8, 24, 12, 28]

  /// The size of a code in bits.
  var bits: Int { if case .alongInputs(let bits) = self { bits } else { 4 } }

  /// Where in its word an output's zero point begins.
  var zeroShifts: [UInt32] {
    if case .alongInputs(let bits) = self { return (0..<32 / bits).map { UInt32($0 * bits) } }
    return Self.interleavedShifts
  }
}
