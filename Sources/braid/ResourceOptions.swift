import ArgumentParser
import Documents
import Foundation
import Merging

/// What every command that computes may use.
struct ResourceOptions: ParsableArguments {
  @Option(help: "The memory budget, for example 256MB or 4GiB.")
  var memory: ByteSize = ByteSize(bytes: MergeResources.defaultMemory)

  @Option(help: ArgumentHelp("How many threads compute.", valueName: "count"))
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    if threads < 1 || threads > 1024 { throw ValidationError("--threads must be from 1 to 1024, not \(threads)") }
    if memory.bytes < MergeResources.minimumMemory {
      throw ValidationError("--memory must be at least \(ByteCount.text(MergeResources.minimumMemory))")
    }
  }

  var resources: MergeResources { MergeResources(memory: memory.bytes, threads: threads) }
}

/// A number of bytes as users write it: `64MB`, `1GiB`.
struct ByteSize: ExpressibleByArgument {
  var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    guard let bytes = ByteCount.parse(argument) else { return nil }
    self.bytes = bytes
  }

  var defaultValueDescription: String { ByteCount.text(bytes) }
}
