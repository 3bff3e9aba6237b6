import Foundation

/// A merge that is timed.
struct MergeBenchSpec {
  let name: String
  /// The text of the spec; models are named relative to a folder beside theirs.
  let text: String
  /// The folders whose weights are read.
  let inputs: [String]
  /// The program of mergekit that takes such a spec, and what it needs to be told; nil where it has nothing alike. OUTPUT
  /// stands for the folder that it makes.
  var peer: [String]? = ["mergekit-yaml", "--no-copy-tokenizer"]

  static let models = ["base", "tuned-a", "tuned-b"]
  private static let tuned = ["tuned-a", "tuned-b"]

  /// Every method on the family, then what specs can do beside that.
  static let all: [MergeBenchSpec] = methods + [stages, adapter, union]

  private static let methods: [MergeBenchSpec] = {
    let soup = weighted("0.3", of: models)
    let pair = weighted("0.6")
    let dense = weighted("0.6, density: 0.5")
    return [
      of("linear", soup),
      of("slerp", ["base", "tuned-a"], base: true, parameters: "t: 0.4"),
      of("nuslerp", pair),
      of("nuslerp", pair, base: true, parameters: "nuslerp_flatten: false", named: "nuslerp_rows"),
      of("multislerp", soup),
      of("karcher", models),
      of("model_stock", tuned, base: true),
      of("nearswap", ["tuned-a"], base: true, parameters: "t: 0.001"),
      of("arcee_fusion", ["tuned-a"], base: true),
      of("passthrough", ["tuned-a|scale: 0.5"]),
      of("task_arithmetic", pair, base: true),
      of("ties", dense, base: true),
      ours(of("ties", dense, base: true, parameters: "dialect: paper", named: "ties_paper")),
      of("dare_linear", dense, base: true),
      of("dare_ties", dense, base: true),
      of("della", dense, base: true),
      of("della_linear", dense, base: true),
      of("breadcrumbs", dense, base: true),
      of("breadcrumbs_ties", dense, base: true),
      of("sce", tuned, base: true, parameters: "select_topk: 0.1"),
      of("ram", tuned, base: true),
      of("ramplus_tl", tuned, base: true),
      ours(of("consensus_ta", tuned, base: true, parameters: "k: 1")),
      ours(of("emr", tuned, base: true)),
    ]
  }()

  /// Two stages, of which the first is computed while the second reads it.
  private static let stages = MergeBenchSpec(
    name: "two_stages",
    text: "name: soup\n" + body("linear", weighted("0.5"), base: false, parameters: "") + "---\n"
      + body(
        "ties", ["soup|weight: 0.6, density: 0.5", "tuned-a|weight: 0.6, density: 0.5"], base: true, parameters: ""
      )
      .replacingOccurrences(of: "../soup", with: "soup"),
    inputs: models, peer: nil)

  /// A low-rank adapter on each of two parents, applied while they are read.
  private static let adapter = MergeBenchSpec(
    name: "adapters",
    text: body("linear", weighted("0.5", of: ["base+../adapter", "tuned-a+../adapter"]), base: false, parameters: ""),
    inputs: ["base", "tuned-a", "adapter"],
    peer: ["mergekit-yaml", "--no-copy-tokenizer", "--lora-merge-cache", "OUTPUT-adapters"])

  /// Two vocabularies of 32 000 tokens, of which 24 000 are in both.
  private static let union = MergeBenchSpec(
    name: "union",
    text: "tokenizer: {source: union}\n"
      + body("linear", weighted("0.5", of: ["words-a", "words-b"]), base: false, parameters: ""),
    inputs: ["words-a", "words-b"], peer: ["mergekit-yaml"])

  private static func weighted(_ weight: String, of models: [String] = tuned) -> [String] {
    models.map { "\($0)|weight: \(weight)" }
  }

  private static func of(
    _ method: String, _ models: [String], base: Bool = false, parameters: String = "", named name: String? = nil
  ) -> MergeBenchSpec {
    let read = models.map { String($0.prefix { $0 != "|" }) }
    return MergeBenchSpec(
      name: name ?? method, text: body(method, models, base: base, parameters: parameters),
      inputs: Self.models.filter { read.contains($0) || base && $0 == "base" })
  }

  /// What mergekit does not have.
  private static func ours(_ spec: MergeBenchSpec) -> MergeBenchSpec {
    var spec = spec
    spec.peer = nil
    return spec
  }

  private static func body(_ method: String, _ models: [String], base: Bool, parameters: String) -> String {
    var text = "merge_method: \(method)\ndtype: bfloat16\n"
    if base { text += "base_model: ../base\n" }
    if !parameters.isEmpty { text += "parameters: {\(parameters)}\n" }
    text += "models:\n"
    for model in models {
      let parts = model.split(separator: "|")
      text += "- model: ../\(parts[0])\n"
      if parts.count > 1 { text += "  parameters: {\(parts[1])}\n" }
    }
    return text
  }
}
