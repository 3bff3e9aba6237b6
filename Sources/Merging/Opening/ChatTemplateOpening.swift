internal import Checkpoints
internal import Documents
internal import MergeSpecs
internal import Vocabularies

/// Gives the output the chat template that the spec asks for.
enum ChatTemplateOpening {
  /// Puts the template in the donor's folder, in the file where the donor keeps its own.
  ///
  /// - Returns: what is to be said about it.
  static func apply(_ spec: MergeSpec, to parents: inout [String: ParentModel]) throws -> [Diagnostic] {
    guard let wish = spec.chatTemplate, let donor = spec.donor?.text, let parent = parents[donor] else { return [] }
    let template: String
    switch wish.source {
    case .text(let text): template = text
    case .mostFrequent:
      let known = try spec.references.compactMap { reference in
        try parents[reference.text].flatMap { try self.template(of: $0.folder) }
      }
      guard let found = ChatTemplate.mostFrequent(known) else {
        return [
          Diagnostic(
            .warning, file: spec.file, at: wish.position, "no model has a chat template, so the output has none either")
        ]
      }
      template = found
    }
    parents[donor]?.folder = try with(template, parent.folder)
    return []
  }

  /// The chat template of a model; a file of its own outranks the settings.
  private static func template(of folder: ModelFolder) throws -> String? {
    if let bytes = try folder.file(named: CompanionFiles.template) { return String(decoding: bytes, as: UTF8.self) }
    return try folder.json(named: CompanionFiles.settings).flatMap { ChatTemplate.text(in: $0.root) }
  }

  private static func with(_ template: String, _ folder: ModelFolder) throws -> ModelFolder {
    var files: [String: [UInt8]?] = [:]
    let settings = try folder.json(named: CompanionFiles.settings)
    let hasFile = try folder.file(named: CompanionFiles.template) != nil
    if hasFile || settings == nil { files[CompanionFiles.template] = Array(template.utf8) }
    if let settings, !hasFile || settings.root["chat_template"] != nil {
      files[CompanionFiles.settings] = try ChatTemplate.setting(template, in: settings.bytes)
    }
    // An older place for the same thing would now say something else.
    let older = "chat_template.json"
    if try folder.file(named: older) != nil { files.updateValue(nil, forKey: older) }
    return folder.overlaying(files)
  }
}
