/// An element of an input that is infinite or no number, which no merge can make sense of.
public struct NonFiniteInputError: Error, Hashable, CustomStringConvertible {
  /// The tensor that holds the element.
  public var tensor: String
  /// The model as the spec names it.
  public var model: String
  /// The place of the element in the tensor, row by row.
  public var element: Int
  /// The element: `nan`, `inf` or `-inf`.
  public var value: String

  /// Names an element.
  public init(tensor: String, model: String, element: Int, value: String) {
    self.tensor = tensor
    self.model = model
    self.element = element
    self.value = value
  }

  /// What is wrong, and what would let it pass.
  public var description: String {
    "\(tensor) of \(model) holds \(value) at element \(element); --allow-nan merges it all the same"
  }

  /// Refuses the first of some elements that is not finite.
  ///
  /// - Parameter start: the place of the first element in the tensor.
  static func refuse(
    _ values: [Float], from start: Int, tensor: String, model: String
  ) throws(NonFiniteInputError) {
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw NonFiniteInputError(tensor: tensor, model: model, element: start + place, value: "\(values[place])")
  }
}
