internal import Documents
internal import Yams

/// Turns the YAML library's nodes into a tree: resolves aliases, reports repeated keys, applies merge keys.
struct SyntaxBuilder {
  /// How many values a text may have once its aliases are written out.
  static let maximumNodeCount = 1_000_000
  /// How deep a document may nest once its aliases are written out; the YAML library allows as much in a text.
  static let maximumDepth = 1000

  let file: String
  let lenient: Bool
  let text: MarkedText
  let positions: TextPositions
  private(set) var usedAnchors: Set<String> = []
  private(set) var diagnostics: [Diagnostic] = []
  private var anchored: [String: Built] = [:]
  private var isTooLarge = false
  /// How many values the documents have, up to and with this one.
  private(set) var counted: Int

  /// A value with what it takes to write it out.
  private struct Built {
    var node: SyntaxNode
    var count = 1
    var depth = 1
  }

  init(file: String, lenient: Bool, text: MarkedText, positions: TextPositions, counted: Int) {
    self.counted = counted
    self.file = file
    self.lenient = lenient
    self.text = text
    self.positions = positions
  }

  /// The tree below a node, or nil if it is too large to be a spec.
  mutating func tree(_ root: Node) -> SyntaxNode? {
    let built = build(root)
    counted += built.count
    return isTooLarge ? nil : built.node
  }

  private mutating func build(_ node: Node) -> Built {
    let position = positions.position(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    var built: Built
    switch node {
    case .scalar(let scalar): built = resolve(scalar, at: position)
    case .sequence(let sequence):
      var elements: [SyntaxNode] = []
      var parts: [Built] = []
      for element in sequence where !isTooLarge {
        let part = build(element)
        elements.append(part.node)
        parts.append(part)
      }
      built = Built(node: SyntaxNode(value: .sequence(elements), position: position))
      add(parts, to: &built)
    case .mapping(let mapping): built = build(mapping, at: position)
    case .alias:
      built = Built(node: SyntaxNode(value: .scalar(SyntaxScalar(text: "", isPlain: true)), position: position))
    }
    if built.count > Self.maximumNodeCount - counted || built.depth > Self.maximumDepth, !isTooLarge {
      isTooLarge = true
      report(.error, at: position, "written out, the aliases of this spec make it too large")
    }
    if let anchor = node.anchor?.rawValue {
      let name = text.restored(anchor)
      built.node.anchors.insert(name)
      anchored[name] = built
    }
    return built
  }

  private func add(_ parts: [Built], to built: inout Built) {
    for part in parts {
      built.count += part.count
      built.depth = max(built.depth, part.depth + 1)
      built.node.anchors.formUnion(part.node.anchors)
    }
  }

  private mutating func resolve(_ scalar: Node.Scalar, at position: SourcePosition) -> Built {
    let isPlain = scalar.style == .plain || scalar.style == .any
    guard isPlain, let alias = text.alias(in: scalar.string) else {
      let scalar = SyntaxScalar(text: text.restored(scalar.string), isPlain: isPlain)
      return Built(node: SyntaxNode(value: .scalar(scalar), position: position))
    }
    if var target = anchored[alias] {
      usedAnchors.insert(alias)
      target.node.aliasPosition = position
      target.node.anchors = []
      return target
    }
    if alias.isEmpty || !alias.utf8.allSatisfy(Self.isAnchorByte) {
      report(
        .error, at: position, "a bare * begins an alias, and \"\(alias)\" is not the name of one",
        hint: "write the text in quotes: \"*\(alias)\"")
    } else {
      report(
        .error, at: position, "there is no anchor &\(alias) before this alias",
        hint: NearestName.of(alias, in: anchored.keys.sorted()).map { "did you mean *\($0)?" })
    }
    return Built(node: SyntaxNode(value: .scalar(SyntaxScalar(text: "", isPlain: true)), position: position))
  }

  private static func isAnchorByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private mutating func build(_ mapping: Node.Mapping, at position: SourcePosition) -> Built {
    var own: [SyntaxEntry] = []
    var parts: [Built] = []
    var merges: [SyntaxNode] = []
    var places: [String: Int] = [:]
    for (key, value) in mapping where !isTooLarge {
      let keyNode = build(key).node
      let part = build(value)
      parts.append(part)
      guard let name = keyNode.scalar?.text else {
        report(.error, at: keyNode.usePosition, "a key must be a word, not \(keyNode.kind)")
        continue
      }
      if name == "<<", keyNode.scalar?.isPlain ?? false {
        merges.append(part.node)
        continue
      }
      let entry = SyntaxEntry(key: name, keyPosition: keyNode.usePosition, value: part.node)
      if let earlier = places[name] {
        let first = own[earlier].keyPosition
        report(
          lenient ? .warning : .error, at: entry.keyPosition,
          "the key \"\(name)\" stands twice in one mapping, also at line \(first.line), column \(first.column)",
          hint: lenient ? "the last one counts" : "keep one of them")
        own[earlier] = entry
      } else {
        places[name] = own.count
        own.append(entry)
      }
    }
    // Of several merge keys the last counts most; within the list of one, the first.
    for merge in merges.reversed() {
      for source in merge.sequence ?? [merge] {
        guard let entries = source.mapping else {
          report(.error, at: source.usePosition, "<< merges mappings, not \(source.kind)")
          continue
        }
        for entry in entries where places[entry.key] == nil {
          places[entry.key] = own.count
          own.append(entry)
        }
      }
    }
    var built = Built(node: SyntaxNode(value: .mapping(own), position: position))
    add(parts, to: &built)
    return built
  }

  private mutating func report(
    _ severity: Diagnostic.Severity, at position: SourcePosition, _ message: String, hint: String? = nil
  ) {
    diagnostics.append(Diagnostic(severity, file: file, at: position, message, hint: hint))
  }
}
