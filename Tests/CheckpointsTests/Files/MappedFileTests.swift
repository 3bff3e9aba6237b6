import BraidTesting
import Checkpoints
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct MappedFileTests {
  @Test func `released pages stop being resident and come back when read`() throws {
    #if os(Linux)
      let folder = try TemporaryFolder()
      let size = 4 << 20
      let path = try folder.write("file", [UInt8](repeating: 3, count: size))
      let file = try MappedFile(path: path)
      func sum() -> Int { stride(from: 0, to: size, by: 512).reduce(0) { $0 + Int(file.bytes[$1]) } }
      #expect(sum() == 3 * size / 512)
      #expect(try Self.residentBytes(of: path) == size)
      file.release(0..<size / 2)
      #expect(try Self.residentBytes(of: path) == size / 2)
      file.release(0..<size)
      #expect(try Self.residentBytes(of: path) == 0)
      file.prefetch(-5..<size * 2)
      file.release(-5..<size * 2)
      #expect(sum() == 3 * size / 512)
      withExtendedLifetime(file) {}
    #endif
  }

  @Test func `an empty file has no bytes, a folder is refused`() throws {
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: try folder.write("empty", ""))
    #expect(file.bytes.isEmpty)
    file.release(0..<10)
    #expect(throws: CheckpointError.self) { try MappedFile(path: folder.path) }
    #expect(throws: CheckpointError.self) { try MappedFile(path: folder("none")) }
  }

  /// What the kernel counts as resident of the mapping of a file.
  private static func residentBytes(of path: String) throws -> Int {
    var isInside = false
    // Read piece by piece: the file claims to be empty.
    let descriptor = open("/proc/self/smaps", O_RDONLY)
    defer { close(descriptor) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(descriptor, &piece, piece.count), count > 0 { text += piece[..<count] }
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      if line.hasSuffix(path) { isInside = true }
      if isInside, line.hasPrefix("Rss:") {
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
      }
    }
    return -1
  }
}
