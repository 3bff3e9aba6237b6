import Kernels
import Synchronization
import Testing

@Suite struct ThreadTeamTests {
  struct Stop: Error {}

  @Test(arguments: [1, 2, 7], [0, 1, 5, 1000]) func `every item is done once`(threads: Int, total: Int) throws {
    let done = Mutex(Array(repeating: 0, count: total))
    try ThreadTeam(count: threads).run(total) { lane, item in
      #expect(lane < threads)
      done.withLock { $0[item] += 1 }
    }
    try ThreadTeam(count: threads).run(total, by: 3) { _, range in
      done.withLock { for item in range { $0[item] += 1 } }
    }
    try ThreadTeam(count: threads).share(total) { _, next in
      while let item = next() { done.withLock { $0[item] += 1 } }
    }
    #expect(done.withLock { $0.allSatisfy { $0 == 3 } })
  }

  @Test(arguments: [1, 4]) func `an error ends the work and comes out`(threads: Int) {
    let done = Mutex(0)
    #expect(throws: Stop.self) {
      try ThreadTeam(count: threads).run(100_000) { _, item in
        done.withLock { $0 += 1 }
        if item == 10 { throw Stop() }
      }
    }
    #expect(done.withLock { $0 } < 100_000)
  }
}
