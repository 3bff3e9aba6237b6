internal import Documents

/// A merge spec with comments, for people to go on from.
public struct SpecDraft: Sendable {
  /// The models.
  public var survey: ModelSurvey
  /// Which of them is the base.
  public var base: Int?
  /// The merge method.
  public var method: String
  /// Why that one.
  public var reason: String
  /// What the result is rounded to.
  public var dtype: String

  /// A draft of what the survey suggests.
  public init(_ survey: ModelSurvey) {
    self.init(survey, base: survey.likelyBase?.index)
  }

  init(_ survey: ModelSurvey, base: Int?) {
    let advice = MethodAdvice(survey, base: base)
    self.survey = survey
    self.base = base
    method = advice.methods[0]
    reason = advice.reason
    dtype = Self.dtype(of: survey, base: base)
  }

  static func dtype(of survey: ModelSurvey, base: Int?) -> String {
    survey.models[base ?? 0].dtype ?? "bfloat16"
  }

  // MARK: Text

  /// The spec.
  ///
  /// - Parameter file: what the spec will be called.
  public func text(file: String) -> String {
    var lines = [
      "# A merge of \(survey.models.count) models, drafted by braid init.", "#",
    ]
    lines += survey.models.map { "# \(PrintableText.of($0.name)): \(PrintableText.of($0.facts))" }
    lines += [
      "#", "# Why \(method): \(reason).", "#",
      "# braid spec check \(PrintableText.of(file))  says what is wrong with it, braid plan what it would do,",
      "# braid merge what it says; braid methods \(method) explains the parameters.", "merge_method: \(method)",
    ]
    let donor = baseLine
    if let donor { lines.append(donor) }
    lines.append("models:")
    for index in survey.models.indices where index != base || method == "linear" {
      if method == "slerp", index == (base ?? 0) { continue }
      lines.append("  - model: \(Self.quoted(survey.models[index].reference))")
      lines += modelParameters
    }
    lines += parameters
    lines.append("dtype: \(dtype)  # what the result is rounded to; arithmetic is float32")
    lines += tokenizer
    return lines.joined(separator: "\n") + "\n"
  }

  private var baseLine: String? {
    switch (base, method) {
    // The mean takes the base as a model like any.
    case (_, "linear"): nil
    case (let base?, _):
      "base_model: \(Self.quoted(survey.models[base].reference))  # configuration and tokenizer come from it as well"
    case (nil, "slerp"):
      "base_model: \(Self.quoted(survey.models[0].reference))  # the end at t = 0; configuration and tokenizer are its"
    case (nil, _): nil
    }
  }

  private var modelParameters: [String] {
    switch method {
    case "linear": ["    parameters:", "      weight: 1.0  # shares: 2 and 3 mean two fifths and three fifths"]
    case "task_arithmetic":
      ["    parameters:", "      weight: 1.0  # how much of the difference to the base; negative takes it away"]
    case "ties", "dare_ties":
      [
        "    parameters:", "      weight: 1.0  # the voice in the vote, and the share in the mean",
        "      density: 0.5  # how much of the difference to the base is kept",
      ]
    default: []
    }
  }

  private var parameters: [String] {
    let experts = survey.models.count - (base == nil ? 0 : 1)
    switch method {
    case "slerp":
      return ["parameters:", "  t: 0.5  # 0 is the base model, 1 the other; a list is spread over the layers"]
    case "task_arithmetic":
      let scale = experts == 1 ? 0.7 : 1 / Double(experts).squareRoot()
      return [
        "parameters:",
        "  lambda: \(Decimal.text(scale, decimals: 1))  # scales the sum of the differences; the first thing to try values of",
      ]
    case "ties", "dare_ties":
      return ["parameters:", "  lambda: 1.0  # scales what goes onto the base", "  normalize: true"]
    default: return []
    }
  }

  private var tokenizer: [String] {
    let sizes = Set(survey.models.compactMap(\.vocabulary)).sorted()
    guard sizes.count > 1 else { return [] }
    let list = sizes.map(String.init).joined(separator: ", ")
    return ["tokenizer:", "  source: union  # the vocabularies differ (\(list)): all tokens, each from where it is"]
  }

  /// A reference as YAML.
  private static func quoted(_ reference: String) -> String {
    if reference.hasPrefix("{") { return reference }
    let isPlain = reference.utf8.allSatisfy { byte in
      switch byte {
      case 48...57, 65...90, 97...122: true
      default: "_./+@~-".utf8.contains(byte)
      }
    }
    // Words such as null or 7 would be something else than text.
    let isWord = reference.contains("/") && !reference.hasPrefix("-") && !reference.hasPrefix("@")
    return isPlain && isWord ? reference : JSONEdit.quote(reference)
  }
}
