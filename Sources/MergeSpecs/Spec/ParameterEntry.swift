public import Documents

/// A parameter as a spec sets it: its value may depend on a tensor's name and on how deep in the model it lies.
public struct ParameterEntry: Sendable {
  /// The parameter's name.
  public var name: String
  /// Where the name stands.
  public var position: SourcePosition
  /// The alternatives; the first whose filter matches the tensor's name counts. A value that could not be read leaves
  /// none, in a spec that is faulty then.
  public var cases: [ParameterCase]

  /// The value for a tensor, or nil if no filter matches its name.
  ///
  /// - Parameter depth: where in its slice the tensor lies, from 0 for the first layer to 1 for the last.
  public func value(for tensor: String, atDepth depth: Double) -> Double? {
    cases.first { $0.matches(tensor) }?.gradient.value(atDepth: depth)
  }
}

/// One alternative of a parameter's value.
public struct ParameterCase: Sendable {
  /// Which tensors the case counts for; nil means all.
  public var filter: TensorFilter?
  /// The value, which may change with depth.
  public var gradient: Gradient
  /// Where the filter stands, or else the value.
  public var filterPosition: SourcePosition
  /// Where the value stands.
  public var valuePosition: SourcePosition

  /// Whether the case counts for a tensor.
  public func matches(_ tensor: String) -> Bool { filter?.matches(tensor) ?? true }
}

/// Values spread evenly over the layers of a slice, with straight lines between them; one value is constant.
public struct Gradient: Hashable, Sendable {
  /// The values, from the first layer to the last; at least one.
  public var values: [Double]

  /// Makes a gradient; without values it is zero.
  public init(_ values: [Double]) { self.values = values.isEmpty ? [0] : values }

  /// The value at a depth t from 0 to 1, in float64.
  ///
  /// With n values, s = t·(n−1), i = ⌊s⌋, j = min(n−1, i+1) and f = s−i it is (1−f)·v[i] + f·v[j].
  public func value(atDepth depth: Double) -> Double {
    let scaled = depth * Double(values.count - 1)
    let lower = min(max(0, Int(scaled)), values.count - 1)
    let upper = min(values.count - 1, lower + 1)
    let fraction = scaled - Double(lower)
    return (1 - fraction) * values[lower] + fraction * values[upper]
  }

  /// The depth of a layer in a slice: layer/(count−1), and 1 for a slice of one layer.
  public static func depth(ofLayer layer: Int, of count: Int) -> Double {
    count > 1 ? Double(layer) / Double(count - 1) : 1
  }
}
