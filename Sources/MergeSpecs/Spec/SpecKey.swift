/// A key of a spec and what it is for.
package struct SpecKey: Sendable {
  /// The key.
  package var name: String
  /// What it is for, in one sentence; editors show it.
  package var summary: String
}

extension SpecLevel {
  /// The keys that mean something here, with what they are for, in the order in which people write them.
  package var described: [SpecKey] { Self.table[self] ?? [] }

  /// A key that a spec has where one file holds several.
  package static let stageKey = SpecKey(
    name: "name", summary: "What other specs in this file call the result of this one, wherever they name a model.")

  static let names: [SpecLevel: [String]] = table.mapValues { $0.map(\.name) }

  // Diagnostics, the schema and the formatter all take keys and their order from here.
  private static let table: [SpecLevel: [SpecKey]] = [
    .spec: [
      SpecKey(name: "merge_method", summary: "How the models are merged; `braid methods` lists the choices."),
      SpecKey(
        name: "base_model",
        summary: "The model that the others were made from; configuration and tokenizer of the result are its."),
      SpecKey(name: "models", summary: "The models to merge, with all their layers."),
      SpecKey(name: "slices", summary: "Ranges of layers to merge, which are stacked to make the result."),
      SpecKey(name: "modules", summary: "The parts of a model of several parts, each with its own models or slices."),
      SpecKey(
        name: "parameters",
        summary: "Parameters of the merge method, for all models and slices that do not set their own."),
      SpecKey(name: "dtype", summary: "What the merged tensors are rounded to; without it each keeps its dtype."),
      SpecKey(name: "out_dtype", summary: "What tensors are written as, if that is to differ from dtype."),
      SpecKey(
        name: "allow_mismatch",
        summary: "What becomes of tensors that differ in shape or that some models lack; without it they are refused."),
      SpecKey(
        name: "tokenizer_source", summary: "Whose tokens the result has; short for `tokenizer:` with only a source."),
      SpecKey(name: "tokenizer", summary: "The tokens of the result; embeddings and heads are rearranged to match."),
      SpecKey(name: "chat_template", summary: "The chat template of the result: a name, or a template in Jinja."),
      SpecKey(name: "seed", summary: "What methods that draw at random draw from; 0 unless stated."),
    ],
    .module: [
      SpecKey(name: "merge_method", summary: "The merge method of this part, if it is not the spec's."),
      SpecKey(name: "models", summary: "The models whose parts of this name are merged."),
      SpecKey(name: "slices", summary: "Ranges of this part's own layers to merge."),
      SpecKey(name: "parameters", summary: "Parameters of the merge method, for this part."),
    ],
    .slice: [
      SpecKey(name: "sources", summary: "The layers that are merged with each other: as many of each model."),
      SpecKey(name: "merge_method", summary: "The merge method of this slice, if it is not the spec's."),
      SpecKey(name: "base_model", summary: "The base model of this slice, if it is not the spec's."),
      SpecKey(name: "parameters", summary: "Parameters of the merge method, for this slice."),
    ],
    .source: [
      SpecKey(name: "model", summary: "The model: a path, org/name in the Hugging Face cache, or a stage's name."),
      SpecKey(name: "layer_range", summary: "The first layer, from 0, and the one after the last."),
      SpecKey(name: "parameters", summary: "Parameters of the merge method, for this model."),
    ],
    .model: [
      SpecKey(name: "model", summary: "The model: a path, org/name in the Hugging Face cache, or a stage's name."),
      SpecKey(name: "parameters", summary: "Parameters of the merge method, for this model."),
    ],
    .parameterCase: [
      SpecKey(
        name: "filter",
        summary: "Which tensors the value is for: a part of their names, or a regular expression between slashes."),
      SpecKey(name: "value", summary: "The value; a list of numbers is spread evenly over the layers."),
    ],
    .tokenizer: [
      SpecKey(name: "source", summary: "Whose tokens the result has: union, base or a model."),
      SpecKey(name: "tokens", summary: "What is asked of single tokens, by their spelling."),
      SpecKey(name: "pad_to_multiple_of", summary: "What the number of rows of the embedding is a multiple of."),
    ],
    .token: [
      SpecKey(name: "source", summary: "Where the token's row comes from."),
      SpecKey(name: "force", summary: "Whether models that have the token take that row too."),
    ],
    .tokenSource: [
      SpecKey(name: "kind", summary: "zero, or model_token: the row of another token."),
      SpecKey(name: "model", summary: "The model that has the other token."),
      SpecKey(name: "token", summary: "The other token's spelling."),
      SpecKey(name: "token_id", summary: "The other token's number."),
    ],
    .reference: [
      SpecKey(name: "model", summary: "The model: a path or org/name, or a mapping of path and revision."),
      SpecKey(name: "path", summary: "The model's path, whatever characters are in it."),
      SpecKey(name: "revision", summary: "A branch, a tag or a commit."),
      SpecKey(name: "lora", summary: "The adapter to apply to the model while it is read."),
      SpecKey(name: "override_architecture", summary: "What to take for the class that runs the model."),
    ],
    .place: [
      SpecKey(name: "path", summary: "A path, or org/name in the Hugging Face cache."),
      SpecKey(name: "revision", summary: "A branch, a tag or a commit."),
    ],
  ]
}
