internal import Checkpoints
internal import Documents
internal import Vocabularies

/// The tokenizer's files as the output has them, where they differ from the donor's.
struct TokenizerOverlay {
  private let models: [ParentModel]
  private let vocabulary: OutputVocabulary
  private let donor: Int

  init(_ models: [ParentModel], vocabulary: OutputVocabulary, donor: Int) {
    self.models = models
    self.vocabulary = vocabulary
    self.donor = donor
  }

  /// The files by name; nil for those that no longer hold.
  func files(tokenizer: [UInt8]) throws(VocabularyError) -> [String: [UInt8]?] {
    do {
      return try collect(tokenizer: tokenizer)
    } catch let error as VocabularyError {
      throw error
    } catch {
      throw VocabularyError("\(error)")
    }
  }

  private func collect(tokenizer: [UInt8]) throws -> [String: [UInt8]?] {
    let (origin, home) = (models[vocabulary.origin].folder, models[donor].folder)
    var files: [String: [UInt8]?] = [:]
    if vocabulary.origin != donor {
      for name in CompanionFiles.all {
        let (theirs, present) = (try origin.file(named: name), try home.file(named: name))
        if theirs != nil || present != nil { files.updateValue(theirs, forKey: name) }
      }
      if let file = try home.json(named: Self.generation), let bytes = try generation(file, from: origin) {
        files[Self.generation] = bytes
      }
    }
    guard vocabulary.changesTokenizer else { return files }
    files[CompanionFiles.tokenizer] = tokenizer
    for name in CompanionFiles.olderForms {
      let present = try home.file(named: name)
      if present != nil || files[name] != nil { files.updateValue(nil, forKey: name) }
    }
    func current(_ name: String) throws -> [UInt8]? {
      if let changed = files[name] { return changed }
      return try home.file(named: name)
    }
    if let text = try current(CompanionFiles.settings), let new = try vocabulary.settings(text) {
      files[CompanionFiles.settings] = new
    }
    if let text = try current(CompanionFiles.addedTokens), let new = try vocabulary.addedTokens(text) {
      files[CompanionFiles.addedTokens] = new
    }
    return files
  }

  private static let generation = "generation_config.json"

  /// The donor's `generation_config.json` with the token numbers of the output.
  private func generation(_ file: JSONFile, from origin: ModelFolder) throws(CheckpointError) -> [UInt8]? {
    let changes = TokenRoles.changes(
      of: file.root, own: try origin.json(named: Self.generation)?.root, donor: vocabulary.models[donor].file,
      in: vocabulary)
    guard !changes.isEmpty else { return nil }
    do throws(JSONError) {
      return try JSONEdit.setting(changes, in: file.bytes)
    } catch {
      throw CheckpointError(.inconsistent, path: file.path, error.description)
    }
  }
}
