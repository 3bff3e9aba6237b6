extension CheckpointWriter {
  /// Puts everything beside the weights that a copy or a merge of a model takes along.
  ///
  /// - Parameters:
  ///   - donor: the model whose files are taken.
  ///   - configuration: the output's `config.json`, if it has one.
  ///   - except: names of files that are not taken.
  public func addFiles(
    beside donor: ModelFolder, configuration: [UInt8]?, except names: Set<String> = []
  ) throws(CheckpointError) {
    if let configuration { try add(file: "config.json", bytes: configuration) }
    let carried = donor.filesToCarry.filter { !names.contains($0.name) }
    for file in carried { try add(copyOf: file.path, as: file.name) }
    for (name, bytes) in donor.overlay.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
      if let bytes { try add(file: name, bytes: bytes) }
    }
    let present = names.union(carried.map(\.name)).union(donor.overlay.keys).union(["config.json"])
    for (name, bytes) in donor.documents.sorted(by: { $0.key < $1.key }) where !present.contains(name) {
      try add(file: name, bytes: bytes)
    }
  }
}
