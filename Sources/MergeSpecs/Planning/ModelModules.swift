internal import Tensors

/// One part of a model of several parts: a language model, a vision tower, a projector between them.
struct ModelModule {
  /// The name that specs use for it.
  var name: String
  /// What else it may be called: mergekit's name for it, or the beginning of its tensors' names.
  var aliases: [String]
  /// What its tensors' names begin with, each up to a dot; empty for the part that has everything else.
  var prefixes: [String]
  /// Its layers, if it has any.
  var stack: String?
}

/// The parts of a model, found from the names of its tensors: every stack of layers that branches off from the main
/// one is a part, and so is what lies beside them without layers.
struct ModelModules {
  /// The parts; the first is that of the main stack.
  private(set) var modules: [ModelModule] = []
  /// Where tensors go that no prefix claims.
  private var remainder = 0

  init(layouts: [ModelLayout], mainStack: String?, roles: RoleInference) {
    guard let mainStack else {
      modules = [ModelModule(name: "text_decoder", aliases: ["default"], prefixes: [], stack: nil)]
      return
    }
    let main = mainStack.split(separator: ".").map(String.init)
    var towers: [String: [String]] = [:]
    var depth = -1
    for stack in Set(layouts.flatMap(\.layerCounts.keys)).subtracting([mainStack]).sorted() {
      let parts = stack.split(separator: ".").map(String.init)
      let shared = Self.shared(parts, main)
      // A list beside the layers, in the same place, is part of the same module.
      guard parts.count > shared + 1 else { continue }
      depth = max(depth, shared)
      towers[parts[...shared].joined(separator: "."), default: []].append(stack)
    }
    let isDecoder = towers.keys.contains { Self.last($0) == "encoder" }
    let mainPrefix = depth < 0 ? "" : main[...min(depth, main.count - 1)].joined(separator: ".")
    modules = [
      ModelModule(
        name: isDecoder ? Self.last(mainPrefix) : "text_decoder",
        aliases: towers.isEmpty ? ["default"] : ["text_decoder", Self.last(mainPrefix), mainPrefix],
        prefixes: towers.isEmpty ? [] : [mainPrefix], stack: mainStack)
    ]
    guard !towers.isEmpty else { return }
    for (prefix, stacks) in towers.sorted(by: { $0.key < $1.key }) {
      let largest = stacks.max { Self.elements(of: $0, layouts) < Self.elements(of: $1, layouts) }
      var aliases = [prefix]
      if Self.looks(prefix) { aliases += ["vision_tower", "vision_model"] }
      if Self.listens(prefix) { aliases.append("audio_tower") }
      modules.append(ModelModule(name: Self.last(prefix), aliases: aliases, prefixes: [prefix], stack: largest))
    }
    addConnectors(layouts: layouts, main: main, roles: roles)
  }

  /// Adds the parts without layers of their own, those inside of a tower that pass on what it sees among them.
  private mutating func addConnectors(layouts: [ModelLayout], main: [String], roles: RoleInference) {
    var connectors: Set<String> = []
    var others: Set<String> = []
    var isShared = false
    for tensor in layouts.flatMap(\.header.index.tensors) {
      let parts = tensor.name.split(separator: ".").map(String.init)
      if let index = claimed(tensor.name) {
        guard index > 0, let prefix = modules[index].prefixes.first else { continue }
        let depth = prefix.split(separator: ".").count
        if parts.count > depth + 1, Self.connects(parts[depth]) {
          connectors.insert(parts[...depth].joined(separator: "."))
        }
        continue
      }
      let shared = Self.shared(parts, main)
      if parts.first == "shared" { isShared = true }
      let role = roles.role(of: tensor)
      guard role != .head, role != .embedding, parts.count > shared + 1 else { continue }
      let prefix = parts[...shared].joined(separator: ".")
      if Self.connects(parts[shared]) { connectors.insert(prefix) } else { others.insert(prefix) }
    }
    if !connectors.isEmpty {
      let prefixes = connectors.sorted()
      modules.append(
        ModelModule(
          name: prefixes.count == 1 ? Self.last(prefixes[0]) : "multi_modal_projector",
          aliases: ["multi_modal_projector"] + prefixes + prefixes.map(Self.last), prefixes: prefixes, stack: nil))
    }
    for prefix in others.sorted() where parts(prefix) != ["shared"] {
      // One norm beside the layers is part of the model that they belong to.
      let isSingle = layouts.allSatisfy { layout in
        layout.header.index.tensors.filter { $0.name.hasPrefix(prefix + ".") }.allSatisfy {
          roles.role(of: $0) == .finalNorm
        }
      }
      if isSingle { continue }
      modules.append(ModelModule(name: Self.last(prefix), aliases: [prefix], prefixes: [prefix], stack: nil))
    }
    guard isShared else { return }
    remainder = modules.count
    modules.append(ModelModule(name: "shared", aliases: [], prefixes: ["shared"], stack: nil))
  }

  private func parts(_ name: String) -> [String] { name.split(separator: ".").map(String.init) }

  // MARK: Finding

  /// The part that a tensor belongs to.
  func module(of tensor: String) -> Int { claimed(tensor) ?? remainder }

  /// The part whose prefix is the longest beginning of a name.
  private func claimed(_ tensor: String) -> Int? {
    var best: (index: Int, length: Int)?
    for (index, module) in modules.enumerated() {
      for prefix in module.prefixes where tensor.hasPrefix(prefix + ".") && prefix.utf8.count > best?.length ?? 0 {
        best = (index, prefix.utf8.count)
      }
    }
    return best?.index
  }

  /// The part that goes by a name.
  func named(_ name: String) -> Int? {
    modules.firstIndex { $0.name == name } ?? modules.firstIndex { $0.aliases.contains(name) }
  }

  /// Whether there is more than one part.
  var isSeveral: Bool { modules.count > 1 }

  // MARK: Names

  private static func shared(_ a: [String], _ b: [String]) -> Int { zip(a, b).prefix { $0 == $1 }.count }

  private static func last(_ prefix: String) -> String { prefix.split(separator: ".").last.map(String.init) ?? prefix }

  private static func elements(of stack: String, _ layouts: [ModelLayout]) -> Int {
    layouts.reduce(0) { $0 + ($1.elementCounts[stack] ?? 0) }
  }

  /// Whether a part sees pictures, going by its name.
  static func looks(_ name: String) -> Bool {
    ["vision", "visual", "image", "vit"].contains { name.lowercased().contains($0) }
  }

  /// Whether a part hears sounds, going by its name.
  static func listens(_ name: String) -> Bool { ["audio", "speech"].contains { name.lowercased().contains($0) } }

  /// Whether a part passes on what a tower sees or hears, going by its name.
  private static func connects(_ name: String) -> Bool {
    ["merger", "projector", "connector", "aligner"].contains { name.lowercased().contains($0) }
  }
}
