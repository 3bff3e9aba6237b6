internal import Documents
public import Evaluation

/// Reads back what a batch left behind.
public enum BatchRecord {
  /// The scores of the batch in a folder.
  ///
  /// - Throws: a ``RequestError`` if there is no batch, or its record is damaged.
  public static func read(_ folder: String) throws(RequestError) -> ScoreRecord {
    let path = folder + "/leaderboard.json"
    guard let bytes = RecordFile.read(path) else {
      throw RequestError(message: "\(folder) holds no results of a batch: there is no \(path)")
    }
    do {
      return try ScoreRecord(json: JSONParser.parse(bytes))
    } catch {
      throw RequestError(message: "\(path): \(error)")
    }
  }
}
