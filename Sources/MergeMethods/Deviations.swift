/// Differences from mergekit that several methods share.
enum Deviations {
  /// For methods whose models mergekit gathers in a set.
  static let order =
    "Models are added in the order of the spec; in mergekit their order, and with it the last bit, may change from run to run."

  /// For methods of other origins.
  static let absent = "mergekit does not have this method."

  /// For every method that mergekit has.
  static let precision =
    "Arithmetic is float32 whatever the models' dtype, rounded once at the end; mergekit rounds every step to the models' dtype."
}
