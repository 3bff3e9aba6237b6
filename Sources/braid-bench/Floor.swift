import ArgumentParser
import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The least that any merge has to do: read every input byte, write as many output bytes, as fast as this machine can.
///
/// Inputs are mapped and added up word by word on all threads; the output is written from prepared buffers on two
/// threads of its own, past the page cache where the file system allows it.
struct Floor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read some files and write as many bytes as one of them has.")

  @Option(parsing: .upToNextOption, help: "Files to read.") var inputs: [String]
  @Option(help: "The file to write.") var output: String
  @Option(help: "How many bytes to write.") var bytes: Int
  @Option(help: "How many threads read.") var threads = ProcessInfo.processInfo.activeProcessorCount

  private static let request = 4 << 20

  // O_DIRECT, which Swift cannot import because its headers spell it as an expression.
  #if os(Linux) && arch(x86_64)
    private static let direct: Int32 = 0o40000
  #elseif os(Linux) && arch(arm64)
    private static let direct: Int32 = 0o200000
  #else
    private static let direct: Int32 = 0
  #endif

  func run() throws {
    let writing = DispatchGroup()
    let failed = Atomic<Bool>(false)
    let path = output
    let total = bytes
    var descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC | Self.direct, 0o644)
    if descriptor < 0 { descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644) }
    guard descriptor >= 0 else { throw BenchError("cannot write \(path)") }
    let file = descriptor
    #if os(Linux)
      posix_fallocate(file, 0, off_t(total))
    #endif
    let requests = (total + Self.request - 1) / Self.request
    for writer in 0..<2 {
      writing.enter()
      Thread.detachNewThread {
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: Self.request, alignment: 4096)
        memset(buffer, 0x3c, Self.request)
        // Rounded up to whole requests: direct writes want whole blocks.
        for index in stride(from: writer, to: requests, by: 2) {
          if pwrite(file, buffer, Self.request, off_t(index * Self.request)) != Self.request {
            failed.store(true, ordering: .relaxed)
          }
        }
        writing.leave()
      }
    }
    let sum = Atomic<UInt64>(0)
    for input in inputs { sum.wrappingAdd(try Self.sum(of: input, threads: threads), ordering: .relaxed) }
    writing.wait()
    fsync(file)
    close(file)
    if failed.load(ordering: .relaxed) { throw BenchError("writing \(path) failed") }
    print(sum.load(ordering: .relaxed))
  }

  /// The sum of a file's 64-bit words.
  private static func sum(of path: String, threads: Int) throws -> UInt64 {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw BenchError("cannot read \(path)") }
    defer { close(file) }
    let size = Int(lseek(file, 0, SEEK_END))
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), base != MAP_FAILED else {
      throw BenchError("cannot map \(path)")
    }
    defer { munmap(base, size) }
    let words = size / 64
    let address = Int(bitPattern: base)
    let result = Atomic<UInt64>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      guard let start = UnsafePointer<SIMD8<UInt64>>(bitPattern: address) else { return }
      var sum = SIMD8<UInt64>()
      for word in (words * thread / threads)..<(words * (thread + 1) / threads) { sum &+= start[word] }
      result.wrappingAdd(sum.wrappedSum(), ordering: .relaxed)
    }
    return result.load(ordering: .relaxed)
  }
}
