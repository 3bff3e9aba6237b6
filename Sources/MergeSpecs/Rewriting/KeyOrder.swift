/// Puts the keys of a layout into the order in which the language lists them.
///
/// Keys outside of the language come first: they hold anchors for what follows. The names of parameters, parts and
/// tokens keep the order that their author gave them.
enum KeyOrder {
  /// The layout with its keys in order.
  static func ordered(_ layout: SpecLayout) -> SpecLayout {
    var layout = layout
    for index in layout.documents.indices {
      layout.documents[index].items = ordered(layout.documents[index].items, at: .spec)
    }
    return layout
  }

  private static func ordered(_ items: [LayoutItem], at level: SpecLevel) -> [LayoutItem] {
    let keys = (level == .spec ? [SpecLevel.stageKey.name] : []) + level.keys
    let ranked = items.enumerated().map { place, item in
      (rank: item.name.flatMap { keys.firstIndex(of: $0) } ?? -1, place: place, item: item)
    }
    return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map { entry in
      var item = entry.item
      item.children = children(of: item, at: level)
      return item
    }
  }

  private static func children(of item: LayoutItem, at level: SpecLevel) -> [LayoutItem] {
    let below = item.children
    switch (level, item.name) {
    case (_, "models"): return elements(below, at: .model)
    case (_, "slices"): return elements(below, at: .slice)
    case (.slice, "sources"): return elements(below, at: .source)
    case (.spec, "modules"): return named(below, at: .module)
    case (_, "parameters"): return below.map { cases(of: $0) }
    case (.spec, "dtype"), (.spec, "out_dtype"): return cases(of: item).children
    case (.spec, "tokenizer"): return ordered(below, at: .tokenizer)
    case (.tokenizer, "tokens"): return named(below, at: .token)
    case (.token, "source"): return ordered(below, at: .tokenSource)
    default: return below
    }
  }

  private static func elements(_ items: [LayoutItem], at level: SpecLevel) -> [LayoutItem] {
    items.map { element in
      var element = element
      if element.kind == .element { element.children = ordered(element.children, at: level) }
      return element
    }
  }

  private static func named(_ items: [LayoutItem], at level: SpecLevel) -> [LayoutItem] {
    items.map { entry in
      var entry = entry
      entry.children = ordered(entry.children, at: level)
      return entry
    }
  }

  /// A setting with the keys of its cases in order.
  private static func cases(of setting: LayoutItem) -> LayoutItem {
    var setting = setting
    let isList = setting.children.first?.kind == .element
    setting.children =
      isList ? elements(setting.children, at: .parameterCase) : ordered(setting.children, at: .parameterCase)
    return setting
  }
}
