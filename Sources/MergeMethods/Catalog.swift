/// Every merge method, in alphabetical order of its name.
public enum Catalog {
  /// The entries, in alphabetical order of their names.
  public static let methods: [MethodDescription] = [
    ArceeFusion.card.described(startingFrom: ArceeFusion()),
    Breadcrumbs.card.described(startingFrom: Breadcrumbs()),
    BreadcrumbsTIES.card.described(startingFrom: BreadcrumbsTIES()),
    ConsensusTA.card.described(startingFrom: ConsensusTA()),
    DARELinear.card.described(startingFrom: DARELinear()),
    DARETIES.card.described(startingFrom: DARETIES()),
    DELLA.card.described(startingFrom: DELLA()),
    DELLALinear.card.described(startingFrom: DELLALinear()),
    EMR.card.described(startingFrom: EMR()),
    Karcher.card.described(startingFrom: Karcher()),
    Linear.card.described(startingFrom: Linear()),
    ModelStock.card.described(startingFrom: ModelStock()),
    MultiSLERP.card.described(startingFrom: MultiSLERP()),
    NearSwap.card.described(startingFrom: NearSwap()),
    NuSLERP.card.described(startingFrom: NuSLERP()),
    Passthrough.card.described(startingFrom: Passthrough()),
    RAM.card.described(startingFrom: RAM()),
    RAMPlus.card.described(startingFrom: RAMPlus()),
    SCE.card.described(startingFrom: SCE()),
    Slerp.card.described(startingFrom: Slerp()),
    TaskArithmetic.card.described(startingFrom: TaskArithmetic()),
    TIES.card.described(startingFrom: TIES()),
  ]

  /// The method of this name, or nil.
  public static func method(named name: String) -> MethodDescription? { methods.first { $0.name == name } }

  /// Every parameter name that some method knows; a spec may carry one that its own method ignores.
  public static let allParameterNames: Set<String> = Set(methods.flatMap { $0.parameters.map(\.name) })
}
