internal import Documents

/// The changes that another vocabulary makes to `config.json`; every other byte stays as its author wrote it.
public struct VocabularyPatch: Sendable {
  /// What configurations call the size of the vocabulary.
  public static let sizeKey = "vocab_size"

  /// The number of rows of the embedding.
  public var rowCount: Int
  /// Token numbers that change, as JSON by key.
  public var roles: [(key: String, json: String)]

  /// Describes changes.
  public init(rowCount: Int, roles: [(key: String, json: String)] = []) {
    self.rowCount = rowCount
    self.roles = roles
  }

  /// Carries the changes out: at the top, and where the part for a language model states the same.
  public func applied(to file: JSONFile) throws(CheckpointError) -> JSONFile {
    let inner = ConfigurationPatch.innerConfigurations.compactMap { file.root[$0] }
    var replacements: [(range: Range<Int>, json: String)] = []
    var additions: [(key: String, json: String)] = []
    for (key, json) in [(Self.sizeKey, String(rowCount))] + roles {
      let stated = ([file.root] + inner).compactMap { $0[key] }
      replacements += stated.map { (range: $0.range, json: json) }
      if stated.isEmpty { additions.append((key, json)) }
    }
    var text = JSONEdit.replacing(replacements, in: file.bytes)
    do throws(JSONError) {
      if !additions.isEmpty { text = try JSONEdit.setting(additions, in: text) }
    } catch {
      throw CheckpointError(.inconsistent, path: file.path, error.description)
    }
    return try JSONFile(path: file.path, bytes: text)
  }
}
