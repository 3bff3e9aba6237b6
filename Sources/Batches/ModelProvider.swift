public import LanguageModels

/// Where the models of an evaluation come from: it neither merges nor loads them itself.
public protocol ModelProvider: Sendable {
  /// What decides over all merges beside the specs, as the command line has it.
  var options: [String] { get }

  /// Everything that a model's answers depend on, without reading a weight.
  func inputs(of argument: String) throws -> ModelInputs

  /// Merges a spec into a new model folder; an unfinished run of the same merge is gone on with, and the result of
  /// another one is replaced.
  ///
  /// - Parameter progress: called with the bytes done and the bytes to do, possibly from several threads.
  func merge(_ spec: String, into folder: String, progress: @escaping @Sendable (Int, Int) -> Void) throws

  /// Loads a model: a checkpoint, or a spec that is merged while it is loaded.
  func load(_ argument: String) throws -> LoadedModel
}

extension ModelProvider {
  /// Nothing but the specs.
  public var options: [String] { [] }
}

/// What a model's answers depend on.
public struct ModelInputs: Hashable, Sendable {
  /// Lines that are the same exactly when the answers are: the spec's text, the files with size and time of change,
  /// how weights are held.
  public var lines: [String]
  /// What is to be said about the model before it is used, such as warnings about its spec.
  public var remarks: String?
  /// The digest of the chat template that prompts are put by, if they are.
  public var chatTemplate: String?

  /// Puts inputs together.
  public init(lines: [String], remarks: String? = nil, chatTemplate: String? = nil) {
    self.lines = lines
    self.remarks = remarks
    self.chatTemplate = chatTemplate
  }
}

/// A model that is ready to be asked.
public struct LoadedModel: Sendable {
  /// The model.
  public var model: any TextModel
  /// What is to be said about it, such as tensors that it has no use for.
  public var remarks: String?

  /// Puts a loaded model together.
  public init(model: any TextModel, remarks: String? = nil) {
    self.model = model
    self.remarks = remarks
  }
}

/// What happens in the course of a run; reported possibly from several threads.
public enum RunEvent: Sendable {
  /// There is something to say about a model.
  case remark(model: String, String)
  /// The results of an earlier run are taken, since nothing they depend on has changed.
  case reused(model: String)
  /// A spec is being merged; bytes done and to do.
  case merging(model: String, done: Int, total: Int)
  /// A model is being loaded.
  case loading(model: String)
  /// A model is being asked; the tokens of the requests that are answered, and of all.
  case scoring(model: String, done: Int, total: Int)
  /// A model has been asked everything; the tokens it computed, and how long it took without loading.
  case scored(model: String, tokens: Int, seconds: Double)
  /// A model could not be merged, loaded or scored; the run goes on with the others.
  case failed(model: String, String)
}
