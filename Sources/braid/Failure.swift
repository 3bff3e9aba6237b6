import ArgumentParser
import Merging

/// Which exit code an error becomes: 1 if the work failed, 2 if the request was wrong.
struct Failure: Error {
  var code: Int32
  var message: String

  /// Errors of the body are the request's fault.
  static func ofRequest<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as Failure { throw failure } catch {
      throw Failure(code: 2, message: text(of: error))
    }
  }

  /// An error in words, with `error:` before it where it is not a diagnostic, which says so itself.
  static func text(of error: any Error) -> String {
    let text = String(describing: error)
    let isDiagnostic = text.prefix { $0 != "\n" }.contains(": error: ")
    return isDiagnostic || error is MergeSpecError ? text : "error: \(text)"
  }
}
