internal import Checkpoints
internal import Documents
internal import MergeSpecs
internal import Tensors
internal import Vocabularies

/// Gives all models of a merge the vocabulary that the spec asks for.
struct VocabularyOpening {
  let spec: MergeSpec
  private(set) var diagnostics: [Diagnostic] = []
  private let references: [ModelReference]
  /// The tokenizers read so far; models of one family have the same one, which need not be parsed again.
  private var known: [(bytes: [UInt8], file: TokenizerFile)] = []

  /// Whether the spec's wish cannot be met.
  var isFaulty: Bool { diagnostics.contains { $0.severity == .error } }

  init(_ spec: MergeSpec) {
    self.spec = spec
    references = spec.references
  }

  /// Replaces the models' weights and configurations, and puts the new tokenizer in the donor's folder.
  ///
  /// Models that could not be opened leave everything as it is; that they could not is reported elsewhere.
  mutating func apply(to parents: inout [String: ParentModel]) {
    guard let wish = spec.tokenizer, references.allSatisfy({ parents[$0.text] != nil }) else { return }
    guard let base = references.firstIndex(where: { $0.text == spec.donor?.text }) else { return }
    let models = references.compactMap { parents[$0.text] }
    let tensors = models.map { VocabularyTensors($0.header) }
    guard check(tensors), !isAlike(models, tensors, wish) else { return }
    guard let vocabularies = read(models, tensors, base: base) else { return }
    let request = request(wish, base: base)
    do throws(VocabularyError) {
      let vocabulary = try OutputVocabulary(vocabularies, base: base, request: request)
      let tokenizer = try vocabulary.tokenizer()
      for warning in vocabulary.warnings { report(.warning, at: wish.position, warning) }
      let report = TokenReport(vocabulary)
      var files = try TokenizerOverlay(models, vocabulary: vocabulary, donor: base).files(tokenizer: tokenizer)
      let change = VocabularyChange(vocabulary, models: models, tensors: tensors, references: references)
      let changed = try change.models(donor: base)
      guard !files.isEmpty || !changed.isEmpty else { return }
      for (index, model) in changed { parents[references[index].text] = model }
      files[TokenReport.fileName] = Array(report.json.utf8)
      let donor = references[base].text
      parents[donor]?.folder = models[base].folder.overlaying(files)
      self.report(.note, at: wish.position, report.summary)
    } catch {
      let place = error.wish.flatMap { wish.tokens.indices.contains($0) ? wish.tokens[$0].position : nil }
      self.report(.error, at: place ?? wish.position, error.message, hint: error.hint)
    }
  }

  /// Whether all models have one vocabulary already, and nothing else is asked for: most families need no more than
  /// this look at their files.
  private func isAlike(_ models: [ParentModel], _ tensors: [VocabularyTensors], _ wish: TokenizerSpec) -> Bool {
    if case .model = wish.source { return false }
    guard wish.tokens.isEmpty, wish.multiple == nil, Set(tensors.map(\.rowCount)).count == 1 else { return false }
    guard let first = models.first, let bytes = try? first.folder.file(named: CompanionFiles.tokenizer) else {
      return false
    }
    return models.dropFirst().allSatisfy { model in
      (try? model.folder.file(named: CompanionFiles.tokenizer)) == bytes
    }
  }

  // MARK: Models

  /// Whether all models have rows for tokens, equally long ones.
  private mutating func check(_ tensors: [VocabularyTensors]) -> Bool {
    var isSound = true
    let width = tensors.lazy.compactMap { $0.embeddings.first?.shape.dimensions.last }.first
    for (reference, found) in zip(references, tensors) {
      guard let embedding = found.embeddings.first else {
        report(
          .error, at: reference.position, "\(reference.text) has no embedding with a row for each token",
          hint: "its vocabulary can only stay as it is: remove the tokenizer from the spec")
        isSound = false
        continue
      }
      if let width, let own = embedding.shape.dimensions.last, own != width {
        report(
          .error, at: reference.position,
          "\(embedding.name) of \(reference.text) has rows of \(own) elements, that of \(references[0].text) of \(width)",
          hint: "models of different widths cannot lend each other tokens")
        isSound = false
      }
    }
    return isSound
  }

  /// Reads the tokenizers, or reports why that cannot be done.
  private mutating func read(
    _ models: [ParentModel], _ tensors: [VocabularyTensors], base: Int
  ) -> [ModelVocabulary]? {
    let files = models.indices.map { file(of: models[$0], reference: references[$0]) }
    let merged = spec.mergedReferences
    var vocabularies: [ModelVocabulary] = []
    for index in models.indices {
      let rows = tensors[index].rowCount ?? 0
      var file: TokenizerFile?
      switch files[index] {
      case .read(let own): file = own
      case .refused: continue
      case .none:
        // A model without a tokenizer has been trained with some other's: with the base's, if their sizes agree.
        if case .read(let other) = files[base], rows == tensors[base].rowCount {
          file = other
          report(
            .warning, at: references[index].position,
            "\(references[index].text) has no tokenizer.json; its tokens are taken to be those of \(references[base].text)"
          )
        } else {
          report(
            .error, at: references[index].position, "\(references[index].text) has no tokenizer.json",
            hint: "without it nobody knows which row belongs to which token")
        }
      }
      guard let file else { continue }
      vocabularies.append(
        ModelVocabulary(
          name: references[index].text, file: file, rowCount: rows, isMerged: merged.contains(references[index].text)))
    }
    return vocabularies.count == models.count ? vocabularies : nil
  }

  private enum Found {
    case read(TokenizerFile)
    case refused
    case none
  }

  private mutating func file(of model: ParentModel, reference: ModelReference) -> Found {
    do {
      if let bytes = try model.folder.file(named: CompanionFiles.tokenizer) {
        if let same = known.first(where: { $0.bytes == bytes }) { return .read(same.file) }
        let file = try TokenizerFile(bytes, name: "\(reference.text)/\(CompanionFiles.tokenizer)")
        known.append((bytes, file))
        return .read(file)
      }
      for name in CompanionFiles.olderForms where try model.folder.file(named: name) != nil {
        report(
          .error, at: reference.position, "\(reference.text) has \(name), but no \(CompanionFiles.tokenizer)",
          hint: "tokens are matched by \(CompanionFiles.tokenizer) alone; transformers writes it when it loads the "
            + "tokenizer and saves it again")
        return .refused
      }
      return .none
    } catch {
      report(.error, at: reference.position, "\(error)")
      return .refused
    }
  }

  // MARK: Request

  private func request(_ wish: TokenizerSpec, base: Int) -> VocabularyRequest {
    func index(_ model: ModelReference) -> Int { references.firstIndex { $0.text == model.text } ?? base }
    let source: VocabularyRequest.Source =
      switch wish.source {
      case .union: .union
      case .base: .model(base)
      case .model(let model): .model(index(model))
      }
    let wishes = wish.tokens.map { token in
      let row: VocabularyRequest.Row? =
        switch token.source {
        case .model(let model): .model(index(model))
        case .zero: .zero
        case .token(let model, let other): .token(model: index(model), TokenText(other))
        case .number(let model, let number): .number(model: index(model), number)
        case nil: nil
        }
      return VocabularyRequest.Wish(token: TokenText(token.text), row: row, isForced: token.isForced)
    }
    return VocabularyRequest(source: source, wishes: wishes, multiple: wish.multiple)
  }

  private mutating func report(
    _ severity: Diagnostic.Severity, at position: SourcePosition, _ message: String, hint: String? = nil
  ) {
    diagnostics.append(Diagnostic(severity, file: spec.file, at: position, message, hint: hint))
  }
}
