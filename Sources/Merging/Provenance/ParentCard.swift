internal import Checkpoints
internal import Yams

/// What the model card of a parent says about its licence.
package struct ParentCard: Sendable {
  /// The licence's identifier, if one is stated.
  package var licence: String?
  /// The name of a licence that has no identifier.
  package var licenceName: String?
  /// The models that it says the model was made from.
  package var baseModels: [String] = []

  /// Cards are read by people; what is larger is not one.
  private static let maximumSize = 4_000_000

  /// What the licence asks for.
  package var terms: LicenceTerms { licence.map(LicenceTerms.init) ?? .unknown }

  /// The licence as people know it.
  package var label: String {
    licence == "other" ? licenceName ?? "a licence of its own" : licence ?? "no stated licence"
  }

  /// Reads the head of the `README.md` in a model's folder; one that cannot be understood says nothing.
  init(of folder: ModelFolder) {
    let path = folder.path + "/README.md"
    let bytes = try? FileContents.read(path, limit: Self.maximumSize)
    self.init(text: String(decoding: bytes ?? [], as: UTF8.self))
  }

  /// Reads the YAML between the first two lines of dashes.
  package init(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first?.trimmingSuffix(while: \.isWhitespace) == "---",
      let end = lines.dropFirst().firstIndex(where: { $0.trimmingSuffix(while: \.isWhitespace) == "---" })
    else { return }
    let head = lines[1..<end].joined(separator: "\n")
    guard let node = try? Yams.compose(yaml: head), let mapping = node.mapping else { return }
    licence = mapping["license"].flatMap(Self.first)
    licenceName = mapping["license_name"].flatMap(Self.first)
    let bases = mapping["base_model"].map { $0.sequence.map(Array.init) ?? [$0] } ?? []
    baseModels = bases.compactMap { $0.scalar?.string }
  }

  /// A text, or the first of a list of texts.
  private static func first(_ node: Yams.Node) -> String? {
    let text = node.scalar?.string ?? node.sequence?.first?.scalar?.string
    guard let text, !text.isEmpty, text.count < 200, !text.contains("\n") else { return nil }
    return text
  }
}

extension Substring {
  /// The text without the characters at its end that match.
  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
    var end = endIndex
    while end > startIndex, matches(self[index(before: end)]) { end = index(before: end) }
    return self[..<end]
  }
}
