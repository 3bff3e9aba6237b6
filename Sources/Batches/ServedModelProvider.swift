internal import Checkpoints
internal import Evaluation
internal import LanguageModels
internal import Merging
public import ServedModels
internal import Synchronization

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A model that a server computes, told by the files that lie here: a folder without weights will do.
///
/// A class, because the server is checked once, when the model is first looked at, and asked again for scores.
public final class ServedModelProvider: ModelProvider {
  private let loader: ModelLoader
  private let engine: EngineOptions
  private let key: EngineKey?
  private let checked = Mutex<[String: ServedModel]>([:])

  /// Makes a provider.
  ///
  /// - Parameters:
  ///   - loader: how specs are read and whether chat templates are.
  ///   - engine: where the server is, and how it is asked.
  ///   - key: what the server may want to see.
  public init(loader: ModelLoader, engine: EngineOptions, key: EngineKey?) {
    self.loader = loader
    self.engine = engine
    self.key = key
  }

  /// The server and what it calls the model: scores of another server are other scores.
  public var options: [String] {
    let names = checked.withLock { $0.values.map(\.servedName).sorted() }
    return ["--engine \(engine.address)"] + names.map { "--engine-model \($0)" }
  }

  /// The server, and the files that answers depend on; the server is checked for what is needed of it.
  public func inputs(of argument: String) throws -> ModelInputs {
    let model = try model(argument)
    var lines = try options + ModelLoader.companionLines(reading: reader(of: argument))
    let digest = model.chatTemplate?.digest
    if let digest { lines.append("chat template \(digest)") }
    let remarks = model.remarks.joined(separator: "\n")
    return ModelInputs(lines: lines, remarks: remarks.isEmpty ? nil : remarks, chatTemplate: digest)
  }

  /// Refused: what a server computes cannot be merged here.
  public func merge(_ spec: String, into folder: String, progress: @escaping @Sendable (Int, Int) -> Void) throws {
    throw RequestError(message: "\(spec) cannot be merged into a model that a server computes")
  }

  /// The model, ready to be asked.
  public func load(_ argument: String) throws -> LoadedModel { LoadedModel(model: try model(argument)) }

  private func model(_ argument: String) throws -> ServedModel {
    if let known = checked.withLock({ $0[argument] }) { return known }
    let model = try ServedModel(settings(of: argument), options: engine, key: key)
    checked.withLock { $0[argument] = model }
    return model
  }

  private func settings(of argument: String) throws -> TextSettings {
    let read = try reader(of: argument)
    guard let configuration = try read("config.json") else {
      throw CheckpointError(
        .missing, path: argument, "there is no config.json, which says how long a text the model can look at")
    }
    return try TextSettings(
      name: argument, configuration: configuration, tokenizer: try TokenizerSource(reading: read),
      generationConfiguration: try read("generation_config.json"),
      chatTemplate: loader.readsChatTemplates ? try ChatTemplate.read(model: argument, read) : nil)
  }

  /// What gives the contents of a model's files by their names, or nil if there is none.
  private func reader(of argument: String) throws -> (String) throws -> [UInt8]? {
    if !OpenedModel.isSpec(argument), let folder = try? ModelLocator.locate(argument),
      FileManager.default.fileExists(atPath: folder + "/config.json")
    {
      return { name in
        let path = folder + "/" + name
        return FileManager.default.fileExists(atPath: path) ? try FileContents.read(path) : nil
      }
    }
    // Other places tell their settings together with their weights, of which only the listing is read.
    let opened = try OpenedModel.open(
      argument, resources: loader.resources, lenient: loader.isLenient, overriding: loader.overrides)
    let configuration = try opened.configurationBytes()
    return { name in name == "config.json" ? configuration : try opened.folder.file(named: name) }
  }
}
