import BraidTesting
import Datasets
import Testing

@Suite struct `Finding data on this machine` {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ names: String...) throws {
    for name in names { try folder.write(name, "{\"x\": \"\(name)\"}\n") }
  }

  private func splits(_ request: DatasetRequest, below: [String] = []) throws -> [String: [String]] {
    let finder = DatasetFinder(folders: [folder.path] + below, cache: folder("cache"))
    let dataset = try finder.dataset(request)
    return Dictionary(
      uniqueKeysWithValues: dataset.splits.map { split in
        (split.name, split.files.map { $0.replacing(folder.path + "/", with: "") })
      })
  }

  @Test func `files are named by split, by pattern, or without either`() throws {
    try write("a.jsonl", "part-1.jsonl", "part-2.jsonl")
    #expect(
      try splits(.init(path: "json", files: [.init(split: nil, paths: ["a.jsonl"])])) == ["train": ["a.jsonl"]])
    #expect(
      try splits(.init(path: "json", files: [.init(split: "test", paths: ["part-*.jsonl"])]))
        == ["test": ["part-1.jsonl", "part-2.jsonl"]])
    #expect {
      try splits(.init(path: "json", files: [.init(split: nil, paths: ["b.jsonl"])]))
    } throws: { "\($0)".contains("did you mean a.jsonl?") }
  }

  @Test func `a split that is not there is told how to be`() throws {
    try write("a.jsonl")
    let finder = DatasetFinder(folders: [folder.path], cache: nil)
    let dataset = try finder.dataset(.init(path: "json", files: [.init(split: nil, paths: ["a.jsonl"])]))
    #expect { try dataset.table("test") } throws: { "\($0)".contains("data_files: {test: FILE}") }
    #expect(try dataset.table("train").rows.count == 1)
  }

  @Test func `names of files and folders tell the splits of a folder`() throws {
    try write(
      "set/data/train-00000-of-00002.jsonl", "set/data/train-00001-of-00002.jsonl",
      "set/data/auxiliary_train-00000-of-00001.jsonl", "other/my_dev.jsonl", "other/eval/x.jsonl", "plain/x.jsonl")
    #expect(
      try splits(.init(path: "set")) == [
        "train": ["set/data/train-00000-of-00002.jsonl", "set/data/train-00001-of-00002.jsonl"],
        "auxiliary_train": ["set/data/auxiliary_train-00000-of-00001.jsonl"],
      ])
    #expect(
      try splits(.init(path: "./other")) == ["validation": ["./other/my_dev.jsonl"], "test": ["./other/eval/x.jsonl"]])
    #expect(try splits(.init(path: "plain")) == ["train": ["plain/x.jsonl"]])
  }

  @Test func `a folder's README maps configurations to files`() throws {
    try write("set/en/a.jsonl", "set/en/b.jsonl", "set/de/a.jsonl")
    try folder.write(
      "set/README.md",
      """
      ---
      configs:
      - config_name: en
        data_files:
        - {split: train, path: en/a.jsonl}
        - {split: test, path: "en/b*"}
      - config_name: de
        default: true
        data_files: de/*.jsonl
      ---
      # Words
      """)
    #expect(
      try splits(.init(path: "set", name: "en")) == ["train": ["set/en/a.jsonl"], "test": ["set/en/b.jsonl"]])
    #expect(try splits(.init(path: "set")) == ["train": ["set/de/a.jsonl"]])
    #expect { try splits(.init(path: "set", name: "em")) } throws: { "\($0)".contains("did you mean \"en\"?") }
  }

  @Test func `a name of the hub is a folder below those that are named, or in the hub's cache`() throws {
    try write(
      "mirror/owner/words/test.jsonl", "short/facts/test.jsonl", "cache/datasets--owner--sums/snapshots/abc/test.jsonl")
    try folder.write("cache/datasets--owner--sums/refs/main", "abc")
    #expect(
      try splits(.init(path: "owner/words"), below: [folder("mirror")]) == ["test": ["mirror/owner/words/test.jsonl"]])
    #expect(
      try splits(.init(path: "owner/facts"), below: [folder("short")]) == ["test": ["short/facts/test.jsonl"]])
    #expect(
      try splits(.init(path: "owner/sums")) == ["test": ["cache/datasets--owner--sums/snapshots/abc/test.jsonl"]])
    #expect { try splits(.init(path: "owner/none")) } throws: { "\($0)".contains("read from this machine alone") }
  }
}
