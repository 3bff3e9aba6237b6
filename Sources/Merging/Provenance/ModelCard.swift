internal import Checkpoints
internal import Documents
internal import MergeMethods
internal import MergeSpecs

/// The `README.md` of a merged model: where it comes from, and how to make it again.
struct ModelCard: Sendable {
  /// The name beside the weights.
  static let name = "README.md"

  private let title: String
  private let merge: OpenedMerge
  private let record: MergeRecord
  private let weights: String
  private let origins: [OpenedMerge.Origin]
  private let cards: [ParentCard]
  /// The licence that the parents leave.
  let licence: InheritedLicence

  /// Collects what the card says.
  ///
  /// - Parameter weights: the digest of the merged tensors.
  init(of merge: OpenedMerge, named title: String, record: MergeRecord, weights: String) {
    self.title = title
    self.merge = merge
    self.record = record
    self.weights = weights
    origins = merge.origins
    cards = origins.map { ParentCard(of: $0.model.folder) }
    licence = InheritedLicence(of: Array(zip(origins.map(\.reference), cards)))
  }

  /// The card as Markdown with a head in YAML, as model hubs read it.
  var text: String {
    var head = ["---"]
    let hub = origins.compactMap { $0.model.folder.hubName }
    if !hub.isEmpty { head += ["base_model:"] + hub.map { "- \(JSONEdit.quote($0))" } }
    head += ["library_name: transformers", "tags:", "- merge", "- braid"]
    if let (licence, name) = licence.card {
      head.append("license: \(JSONEdit.quote(licence))")
      if let name { head.append("license_name: \(JSONEdit.quote(name))") }
    }
    head.append("---")
    let count = origins.count
    var body = [
      "# \(MarkdownText.line(title))", "",
      "A merge of \(count == 1 ? "one language model" : "\(count) language models") with the method "
        + "`\(merge.plan.methodName)`, made by braid \(record.version).", "",
      "| parent | part | licence | tensors read | XXH3-128 of them |", "|---|---|---|---|---|",
    ]
    for (number, parent) in record.parents.enumerated() {
      let part = origins[number].isDonor ? "base, donor of tokenizer and configuration" : "merged"
      body.append(
        "| \(MarkdownText.cell(parent.reference)) | \(part) | \(MarkdownText.cell(cards[number].label)) "
          + "| \(parent.tensors) | `\(parent.digest)` |")
    }
    body += ["", "The merged weights are \(merge.plan.steps.count) tensors with the digest `\(weights)`."]
    if let seed = merge.plan.seed { body.append("Random draws come from the seed \(seed).") }
    if !licence.warnings.isEmpty {
      body += ["", "## Licence", ""] + licence.warnings.map { "- \(MarkdownText.line($0))" }
    }
    let fence = MarkdownText.fence(around: merge.text)
    body += [
      "", "## Spec", "", "\(fence)yaml", merge.text.hasSuffix("\n") ? String(merge.text.dropLast()) : merge.text, fence,
      "",
      "`braid replay FOLDER` repeats the merge from `\(CheckpointRecord.name)` and compares every byte; "
        + "`braid verify FOLDER` checks that nothing has changed since.",
    ]
    return (head + [""] + body).joined(separator: "\n") + "\n"
  }
}

extension OpenedMerge {
  /// Where the licences of the parents do not go together, or are not known.
  public var licenceWarnings: [String] {
    InheritedLicence(of: origins.map { ($0.reference, ParentCard(of: $0.model.folder)) }).warnings
  }
}

/// Text that must not be read as Markdown.
enum MarkdownText {
  /// A text on one line.
  static func line(_ text: String) -> String { PrintableText.of(text, limit: 500) }

  /// A text in a cell of a table.
  static func cell(_ text: String) -> String { line(text).replacing("|", with: "\\|") }

  /// A fence that no line of the text closes.
  static func fence(around text: String) -> String {
    var (longest, run) = (0, 0)
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: max(3, longest + 1))
  }
}
