import ArgumentParser
import Merging

/// What takes the place of a spec's own words, the same for every command that merges.
struct OverrideOptions: ParsableArguments {
  @Option(help: "Draw at random from this seed rather than the spec's; it is recorded with the result.")
  var seed: UInt64?

  @Flag(help: "Merge inputs that hold infinite elements or NaN, rather than refuse them.")
  var allowNan = false

  var overrides: MergeOverrides { MergeOverrides(seed: seed, allowsNonFinite: allowNan) }
}
