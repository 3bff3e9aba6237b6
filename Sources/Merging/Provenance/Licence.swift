/// How much a licence asks of those who pass on what was made from a work, from least to most.
package enum LicenceTerms: Int, Comparable, Sendable {
  /// At most a notice is asked for.
  case permissive
  /// What is made from it must carry the same licence.
  case shareAlike
  /// A model's own terms, with conditions of use.
  case restricted
  /// No commercial use.
  case nonCommercial
  /// Changed versions may not be passed on.
  case noDerivatives
  /// Nobody but a reader can tell.
  case unknown

  package static func < (a: LicenceTerms, b: LicenceTerms) -> Bool { a.rawValue < b.rawValue }

  /// The terms of a licence by its identifier on model hubs.
  package init(_ identifier: String) {
    let name = identifier.lowercased()
    func begins(_ starts: [String]) -> Bool { starts.contains { name.hasPrefix($0) } }
    if name.contains("-nd") {
      self = .noDerivatives
    } else if name.contains("-nc") || begins(["fair-noncommercial", "intel-research", "apple-amlr", "h-research"]) {
      self = .nonCommercial
    } else if begins(["llama", "gemma", "deepseek", "open-mdw", "apple-ascl"]) || name.contains("rail") {
      self = .restricted
    } else if begins(["gpl", "agpl", "lgpl", "mpl", "epl", "eupl", "osl", "gfdl", "odbl", "cdla-sharing"])
      || name.contains("-sa")
    {
      self = .shareAlike
    } else if begins(
      [
        "apache", "mit", "bsd", "isc", "zlib", "cc0", "cc-by", "unlicense", "wtfpl", "postgresql", "ms-pl", "ncsa",
        "artistic", "afl", "ecl", "bsl", "odc-by", "pddl", "cdla-permissive", "openmdw", "0bsd", "etalab",
      ])
    {
      self = .permissive
    } else {
      self = .unknown
    }
  }
}

/// The licence of a merge, as its parents' licences leave it.
package struct InheritedLicence: Sendable {
  /// What the card names, or nil if no parent states a licence.
  package let card: (licence: String, name: String?)?
  /// What the one who passes the merge on has to look into.
  package let warnings: [String]

  /// A parent's name and what its card says.
  package typealias Parent = (name: String, card: ParentCard)

  /// The most restrictive parent's licence; a warning where two parents ask for different things.
  package init(of parents: [Parent]) {
    var warnings: [String] = []
    let stated = parents.filter { $0.card.licence != nil }
    let silent = parents.filter { $0.card.licence == nil }.map(\.name)
    let strictest = stated.enumerated().max { a, b in
      (a.element.card.terms, b.offset) < (b.element.card.terms, a.offset)
    }?.element.card
    card = strictest.flatMap { card in
      card.licence.map { licence in (licence, card.licenceName) }
    }
    let demanding = stated.filter { $0.card.terms > .permissive }
    if Set(demanding.map(\.card.label)).count > 1 {
      warnings.append(
        "the parents' licences may not go together: "
          + demanding.map { "\($0.name) has \($0.card.label)" }.joined(separator: ", "))
    }
    for parent in stated where parent.card.terms == .noDerivatives {
      warnings.append("\(parent.name) has \(parent.card.label), which forbids passing on changed versions")
    }
    if !silent.isEmpty, !stated.isEmpty {
      warnings.append("no licence is stated by " + silent.joined(separator: ", "))
    }
    self.warnings = warnings
  }
}
