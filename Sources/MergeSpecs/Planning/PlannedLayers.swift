/// The layers of one stack of the output, and what each of them comes from: for lists in a configuration that have an
/// element for each layer.
public struct PlannedLayers: Sendable, Hashable {
  /// The part of the model that the stack belongs to; nil for the model as a whole.
  public var module: String?
  /// Whether these are the layers of the main stack.
  public var isMain: Bool
  /// How many layers the donor has.
  public var donorCount: Int
  /// For each layer of the output the model and the layer of it that stands for its kind: the donor's where it is among
  /// the sources, or else the base's, or else the first.
  public var origins: [Origin]

  /// A layer of a model.
  public struct Origin: Sendable, Hashable {
    /// The model, as an index into the plan's models.
    public var model: Int
    /// The layer, from zero.
    public var layer: Int
  }

  /// Whether the output's layers are the donor's, one by one.
  func areThose(of donor: Int) -> Bool {
    origins == (0..<donorCount).map { Origin(model: donor, layer: $0) }
  }
}
