#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The models of a run as one list.
enum ModelList {
  /// The models with the one to compare with among them: in front, unless it was named already.
  ///
  /// - Returns: the arguments, and the place of the model to compare with.
  static func joined(
    _ models: [String], against: String?
  ) throws(RequestError) -> (arguments: [String], reference: Int?) {
    var seen: [String: String] = [:]
    for model in models {
      if let first = seen.updateValue(model, forKey: identity(model)) {
        throw RequestError(
          message: first == model ? "\(model) is given twice" : "\(model) is given twice, first as \(first)")
      }
    }
    guard let against else { return (models, nil) }
    if let place = models.firstIndex(where: { identity($0) == identity(against) }) { return (models, place) }
    return ([against] + models, 0)
  }

  /// What keeps models from being opened; no weight is read.
  static func faults(_ arguments: [String], _ provider: any ModelProvider) -> [String] {
    arguments.compactMap { argument in
      do {
        _ = try provider.inputs(of: argument)
        return nil
      } catch {
        return String(describing: error)
      }
    }
  }

  /// The path that an argument leads to, or the argument itself if it is no path.
  static func identity(_ argument: String) -> String {
    guard FileManager.default.fileExists(atPath: argument) else { return argument }
    return URL(fileURLWithPath: argument).resolvingSymlinksInPath().path
  }
}

/// A request that cannot be carried out as it stands.
public struct RequestError: Error, Equatable, CustomStringConvertible {
  /// What is wrong with it.
  public var message: String

  /// Makes an error.
  public init(message: String) { self.message = message }

  /// Makes one error of several messages; those that are not diagnostics, which say so themselves, are marked.
  init(collecting messages: [String]) {
    message = messages.enumerated().map { index, message in
      let isDiagnostic = message.prefix { $0 != "\n" }.contains(": error: ")
      return index == 0 || isDiagnostic ? message : "error: " + message
    }.joined(separator: "\n")
  }

  /// The error as one line.
  public var description: String { message }
}
