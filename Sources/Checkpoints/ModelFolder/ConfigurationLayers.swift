internal import Documents

/// A stack of layers that a merge puts together anew, for what the configuration says about its layers.
public struct LayerChange: Hashable, Sendable {
  /// The part of the model that the stack belongs to, `vision_tower` or `encoder`; nil for a model of one part.
  public var module: String?
  /// Whether these are the layers of the language model, or of the only one.
  public var isMain: Bool
  /// How many layers there are now.
  public var count: Int
  /// How many there were, if that is known.
  public var oldCount: Int?
  /// For each layer the model and the layer of it that it comes from; empty if that is not known.
  public var origins: [Origin]

  /// A layer of a model.
  public struct Origin: Hashable, Sendable {
    /// The model, as an index into the configurations that the patch is given.
    public var model: Int
    /// The layer, from zero.
    public var layer: Int

    /// Names a layer.
    public init(model: Int, layer: Int) {
      self.model = model
      self.layer = layer
    }
  }

  /// Describes a change.
  public init(module: String? = nil, isMain: Bool = true, count: Int, oldCount: Int? = nil, origins: [Origin] = []) {
    self.module = module
    self.isMain = isMain
    self.count = count
    self.oldCount = oldCount
    self.origins = origins
  }
}

/// Adapts to new layers what a configuration says about their number and, one by one, about their kinds.
struct ConfigurationLayers {
  let change: LayerChange
  let file: JSONFile
  /// The configurations of the models that layers come from.
  let models: [JSONFile?]
  private(set) var replacements: [(range: Range<Int>, json: String)] = []
  private(set) var warnings: [Diagnostic] = []

  init(_ change: LayerChange, in file: JSONFile, models: [JSONFile?]) {
    self.change = change
    self.file = file
    self.models = models
  }

  /// Numbers of layers from the first on that are of another kind.
  static let thresholds = ["max_window_layers", "first_k_dense_replace"]
  /// Lists of the numbers of layers that are of another kind.
  static let indexLists = ["mlp_only_layers", "cross_attention_layers", "attn_layer_indices", "full_attn_idxs"]
  /// Every how many layers one is of another kind.
  static let periods = [
    "attn_layer_period", "expert_layer_period", "full_attention_interval", "sliding_window_pattern",
    "decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_frequency",
  ]
  /// Lists that may be as long as there are layers and do not speak of them.
  private static let others = ["token", "architectures", "feature", "pattern_ids", "section", "languages"]

  /// Works out the changes.
  mutating func apply() throws(CheckpointError) {
    guard let count = statedCount() else {
      // A configuration without a count need not learn that it stays.
      if change.oldCount == change.count { return }
      throw CheckpointError(
        .inconsistent, path: file.path,
        "the layer count \(change.module.map { "of \($0) " } ?? "")changes to \(change.count), but the configuration "
          + "states none; looked for " + keys.joined(separator: ", "))
    }
    let old = count.node.int ?? 0
    if old != change.count { replacements.append((count.node.range, String(change.count))) }
    // Some configurations state the number of the encoder's layers twice.
    if change.module == "encoder", let twin = file.root["num_hidden_layers"], count.key != "num_hidden_layers",
      twin.int == old, old != change.count
    {
      replacements.append((twin.range, String(change.count)))
    }
    for (section, object) in sections where section == count.section || change.isMain {
      for member in object.object ?? [] { adapt(member, section: section, key: count.key, old: old) }
    }
  }

  // MARK: The layer count

  private var keys: [String] {
    switch change.module {
    case "encoder": ["encoder_layers", "num_encoder_layers", "num_layers", "num_hidden_layers"]
    case "decoder": ["decoder_layers", "num_decoder_layers", "num_hidden_layers", "num_layers"]
    default:
      change.isMain
        ? ConfigurationPatch.layerCountKeys
        : ["num_hidden_layers", "depth", "num_layers", "n_layers", "n_layer", "layers", "encoder_layers"]
    }
  }

  /// Where a configuration may speak of these layers, in the order of preference.
  private var sections: [(section: String?, object: JSONNode)] {
    let inner = (file.root.object ?? []).filter { $0.node.object != nil }.map {
      (section: Optional($0.key), object: $0.node)
    }
    let root = [(section: String?.none, object: file.root)]
    if change.isMain || change.module == "encoder" {
      return root + inner.filter { ConfigurationPatch.innerConfigurations.contains($0.section ?? "") }
    }
    // A section has its part's name, or that of the sense: vision_config for vision_tower and visual.
    let name = change.module ?? ""
    let words = ["vis", "audio", "speech", "image"].filter { name.lowercased().contains($0) } + [name]
    return inner.filter { section, _ in words.contains { section?.lowercased().contains($0) ?? false } }
  }

  private func statedCount() -> (section: String?, key: String, node: JSONNode)? {
    for (section, object) in sections {
      for key in keys {
        if let node = object[key], node.int != nil { return (section, key, node) }
      }
    }
    return nil
  }

  // MARK: What is said of each layer

  private mutating func adapt(_ member: JSONMember, section: String?, key: String, old: Int) {
    guard old > 0, member.key != key else { return }
    if Self.indexLists.contains(member.key) {
      adaptIndices(member, section: section)
    } else if let elements = member.node.array, elements.count == old, old > 1,
      !Self.others.contains(where: { member.key.contains($0) })
    {
      adaptList(member, section: section, key: key, old: old)
    } else if Self.thresholds.contains(member.key), let value = member.node.int {
      adaptThreshold(member, value: value, section: section, old: old)
    } else if Self.periods.contains(member.key), let period = member.node.int, period > 1, change.origins.count > 0,
      file.root["layer_types"] == nil, section.flatMap({ file.root[$0]?["layer_types"] }) == nil,
      change.origins.enumerated().contains(where: { ($0.element.layer - $0.offset) % period != 0 })
    {
      warn(
        member.node, "\(member.key) is \(period), and the slices do not keep to that pattern",
        hint: "choose ranges that do")
    }
  }

  /// The same member in the configuration of the model that a layer comes from, or in this one.
  private func counterpart(of member: JSONMember, section: String?, origin: LayerChange.Origin) -> (JSONNode, JSONFile)?
  {
    guard models.indices.contains(origin.model), let other = models[origin.model] else { return nil }
    let node = section.flatMap { other.root[$0]?[member.key] } ?? (section == nil ? other.root[member.key] : nil)
    return node.map { ($0, other) }
  }

  /// Gathers a list with an element for each layer.
  private mutating func adaptList(_ member: JSONMember, section: String?, key: String, old: Int) {
    let own = member.node.array ?? []
    let texts = change.origins.map { origin -> ArraySlice<UInt8>? in
      if let (node, other) = counterpart(of: member, section: section, origin: origin), let list = node.array,
        list.indices.contains(origin.layer)
      {
        return other.bytes[list[origin.layer].range]
      }
      return own.indices.contains(origin.layer) ? file.bytes[own[origin.layer].range] : nil
    }
    guard !texts.isEmpty, !texts.contains(where: { $0 == nil }) else {
      if change.count != old {
        warn(
          member.node,
          "\(member.key) has \(old) elements, one for each layer, it seems; \(key) becomes \(change.count)",
          hint: "edit the list in the output's config.json")
      }
      return
    }
    let elements = texts.compactMap { $0.map(Array.init) }
    guard elements != own.map({ Array(file.bytes[$0.range]) }) else { return }
    replace(member.node, with: elements.map { String(decoding: $0, as: UTF8.self) })
  }

  /// Renumbers a list of layers.
  private mutating func adaptIndices(_ member: JSONMember, section: String?) {
    guard !change.origins.isEmpty, let own = member.node.array, own.allSatisfy({ $0.int != nil }) else {
      if member.node.array?.isEmpty == false {
        warn(
          member.node, "\(member.key) names layers, and their numbers have changed",
          hint: "edit the list in the output's config.json")
      }
      return
    }
    let indices = change.origins.enumerated().filter { _, origin in
      let list = counterpart(of: member, section: section, origin: origin)?.0.array ?? own
      return list.contains { $0.int == origin.layer }
    }.map(\.offset)
    if indices != own.compactMap(\.int) { replace(member.node, with: indices.map { "\($0)" }) }
  }

  private mutating func adaptThreshold(_ member: JSONMember, value: Int, section: String?, old: Int) {
    var new = value
    if change.origins.isEmpty {
      if value == old { new = change.count }
    } else {
      let isBelow = change.origins.map { origin in
        origin.layer < counterpart(of: member, section: section, origin: origin)?.0.int ?? value
      }
      let lead = isBelow.prefix { $0 }.count
      if isBelow.dropFirst(lead).contains(true) {
        return warn(
          member.node,
          "\(member.key) is \(value): the layers before it are of another kind, and the slices mix the two",
          hint: "edit it in the output's config.json, or choose other ranges")
      }
      // A number behind the last layer says that all are of the first kind.
      new = lead < change.count ? lead : value > old && value > change.count ? value : change.count
    }
    if new != value { replacements.append((member.node.range, "\(new)")) }
  }

  /// Puts elements into a list, with the white space that its author left between them.
  private mutating func replace(_ list: JSONNode, with elements: [String]) {
    let old = list.array ?? []
    func text(_ range: Range<Int>) -> String { String(decoding: file.bytes[range], as: UTF8.self) }
    guard let first = old.first, let last = old.last else {
      replacements.append((list.range, "[\(elements.joined(separator: ", "))]"))
      return
    }
    let lead = text(list.range.lowerBound..<first.range.lowerBound)
    let trail = text(last.range.upperBound..<list.range.upperBound)
    let space = String(lead.dropFirst())
    let separator =
      old.count > 1 ? text(first.range.upperBound..<old[1].range.lowerBound) : "," + (space.isEmpty ? " " : space)
    replacements.append(
      (list.range, elements.isEmpty ? "[]" : lead + elements.joined(separator: separator) + trail))
  }

  private mutating func warn(_ node: JSONNode, _ message: String, hint: String) {
    warnings.append(Diagnostic(.warning, file: file.path, at: file.position(of: node), message, hint: hint))
  }
}
