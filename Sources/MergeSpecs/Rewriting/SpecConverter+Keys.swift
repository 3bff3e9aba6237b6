internal import Documents
internal import MergeMethods

extension SpecConverter {
  /// Why a key does nothing and can go, if it does.
  func reasonToRetire(
    _ entry: LayoutItem, at level: SpecLevel, _ around: Surroundings
  ) -> (message: String, hint: String?)? {
    guard let key = entry.name, !level.keys.contains(key), key != "<<", !entry.definesAnchors else { return nil }
    if level == .spec, around.isStage, key == SpecLevel.stageKey.name { return nil }
    switch level.remark(on: key) {
    case .ignored(let reason): return ("`\(key)` is now a comment: it has no effect", reason)
    case .unsupported: return nil
    case nil: break
    }
    if key.hasPrefix("x-") || key.first == "_" || key.first == "." { return nil }
    let nearest = NearestName.of(key, in: level.keys).map { "did you mean \($0)?" }
    return ("`\(key)` is now a comment: it is no key of \(level.place), and mergekit passes over it", nearest)
  }

  // MARK: Entries that go

  /// Turns an entry into a comment at the entry behind it, or before it; without any, the lines come back.
  func retire(_ index: Int, of entries: inout [LayoutItem]) -> [String] {
    var item = entries.remove(at: index)
    let lead = item.lead
    item.lead = []
    let lines = lead + LayoutWriter.lines(of: item).map { $0.isEmpty ? "#" : "# " + $0 }
    if index < entries.count {
      entries[index].lead = lines + entries[index].lead
    } else if index > 0 {
      entries[index - 1].tail += lines
    } else {
      return lines
    }
    return []
  }

  /// Of entries with one key keeps the last, which is the one that counts.
  mutating func retireDoubles(_ entries: inout [LayoutItem]) -> [String] {
    var left: [String] = []
    var index = 0
    while index < entries.count {
      let key = entries[index].name
      guard let key, key != "<<", !entries[index].definesAnchors,
        let last = entries[(index + 1)...].last(where: { $0.name == key })
      else {
        index += 1
        continue
      }
      note(
        entries[index], "`\(key)` is now a comment: it stands again in line \(last.line), and the last one counts")
      left += retire(index, of: &entries)
    }
    return left
  }

  /// Moves parameters that stand beside `parameters:` under it.
  mutating func gatherParameters(_ entries: inout [LayoutItem], at level: SpecLevel) -> [String] {
    let names = parameterNames.subtracting(level.keys)
    let isMisplaced = { (entry: LayoutItem) in entry.name.map { names.contains($0) } ?? false }
    guard level.keys.contains("parameters"), let first = entries.firstIndex(where: isMisplaced) else { return [] }
    let place = entries.firstIndex { $0.name == "parameters" }
    let parameters = place.map { entries[$0] } ?? LayoutItem(key: "parameters", line: entries[first].line)
    // What came through an alias cannot be added to.
    guard var known = parameters.parts ?? (parameters.body.isEmpty ? [] : nil) else { return [] }
    var left: [String] = []
    var moved: [LayoutItem] = []
    while let index = entries.firstIndex(where: isMisplaced) {
      let entry = entries[index]
      let key = entry.name ?? ""
      if known.contains(where: { $0.name == key }) {
        note(entry, "`\(key)` is now a comment: `parameters:` has one, and mergekit passes over this")
        left += retire(index, of: &entries)
      } else {
        note(
          entry, "`\(key)` is moved under `parameters:`",
          hint: "mergekit passes over it where it was, so the merge was another one there")
        moved.append(entry)
        entries.remove(at: index)
      }
    }
    known += moved
    if let place = entries.firstIndex(where: { $0.name == "parameters" }) {
      if !moved.isEmpty { entries[place].setParts(known) }
    } else if !known.isEmpty {
      entries.insert(LayoutItem(key: "parameters", line: moved[0].line, children: known), at: min(first, entries.count))
    }
    return left
  }

  // MARK: Values

  /// Writes `tokenizer_source: X` as `tokenizer:` with a source.
  mutating func convertTokenizerSource(_ item: inout LayoutItem) {
    var source = item
    source.kind = .key("source")
    source.lead = []
    source.tail = []
    note(item, "`tokenizer_source: \(item.body)` is now `source: \(item.body)` under `tokenizer:`")
    var tokenizer = LayoutItem(key: "tokenizer", line: item.line, children: [source])
    (tokenizer.lead, tokenizer.tail) = (item.lead, item.tail)
    item = tokenizer
  }

  /// Gives dtypes the names that the language has for them.
  mutating func convertDTypes(_ item: inout LayoutItem) {
    guard let word = item.word else { return }
    let plain = word.hasPrefix("torch.") ? String(word.dropFirst(6)) : word
    let name = DTypeSetting.abbreviations[plain] ?? plain
    guard name != word else { return }
    note(item, "\(item.name ?? "dtype") `\(word)` is now `\(name)`")
    item.body = name
  }
}

extension LayoutItem {
  /// Whether other places may refer to something in here.
  var definesAnchors: Bool {
    if case .key(let written) = kind, written.contains("&") { return true }
    return properties.contains("&") || ([body] + more).contains { $0.contains("&") }
      || children.contains(where: \.definesAnchors)
  }
}
