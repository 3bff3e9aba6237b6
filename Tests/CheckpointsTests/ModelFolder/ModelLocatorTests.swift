import BraidTesting
import Checkpoints
import Testing

@Suite struct ModelLocatorTests {
  private let folder: TemporaryFolder
  private let locator: ModelLocator

  init() throws {
    folder = try TemporaryFolder()
    for name in [
      "specs/near/config.json", "work/near/config.json", "work/far/config.json", "home/mine/config.json",
      "hub/models--org--name/snapshots/abc123/config.json", "hub/models--org--name/snapshots/def456/config.json",
      "hub/models--gpt2/snapshots/111/config.json", "hub/models--org--two/snapshots/1/x",
      "hub/models--org--two/snapshots/2/x",
      "hub/models--org--none/refs/x", "hub/models--org--long/snapshots/0123456789/config.json",
      "hub/models--org--long/snapshots/0123457000/config.json",
    ] {
      try folder.write(name, "{}")
    }
    try folder.write("hub/models--org--name/refs/main", "abc123\n")
    try folder.write("hub/models--org--name/refs/v1.0", "def456")
    locator = ModelLocator(
      environment: ["HF_HUB_CACHE": folder("hub"), "HOME": folder("home")], workingDirectory: folder("work"))
  }

  private func locate(_ reference: String) -> String {
    do {
      return try locator.locate(reference, relativeTo: folder("specs")).split(separator: folder.path + "/").joined()
    } catch {
      return "\(error)".split(separator: folder.path + "/").joined()
    }
  }

  @Test func `the spec's folder comes first, then the working directory`() {
    #expect(locate("near") == "specs/near")
    #expect(locate("far") == "work/far")
    #expect(locate("./far") == "work/./far")
    #expect(locate("../home/mine") == "specs/../home/mine")
    #expect(locate(folder("work/far")) == "work/far")
    #expect(locate("~/mine") == "home/mine")
  }

  @Test func `names are found in the cache, by branch, tag or commit`() {
    #expect(locate("org/name") == "hub/models--org--name/snapshots/abc123")
    #expect(locate("org/name@main") == "hub/models--org--name/snapshots/abc123")
    #expect(locate("org/name@v1.0") == "hub/models--org--name/snapshots/def456")
    #expect(locate("org/name@def456") == "hub/models--org--name/snapshots/def456")
    #expect(locate("org/long@0123456") == "hub/models--org--long/snapshots/0123456789")
    #expect(locate(folder("hub/models--org--name")) == "hub/models--org--name/snapshots/abc123")
    #expect(locate("gpt2") == "hub/models--gpt2/snapshots/111")
  }

  @Test func `what is not found says where it was looked for, and what is near`() {
    #expect(
      locate("org/nmae")
        == "org/nmae: there is no such model; looked for specs/org/nmae, work/org/nmae, hub/models--org--nmae\n"
        + "  did you mean org/name?")
    #expect(
      locate("./fra")
        == "./fra: there is no such model; looked for specs/./fra, work/./fra\n  did you mean ./far?")
    #expect(locate("a/b/c") == "a/b/c: there is no such model; looked for specs/a/b/c, work/a/b/c")
    #expect(locate("").hasSuffix("this is not the name of a model"))
  }

  @Test func `a revision that is not there, or not clear, is an error`() {
    #expect(
      locate("org/name@v2")
        == "hub/models--org--name: the revision v2 is not in the cache\n  these are: main (abc123), v1.0 (def456)")
    #expect(locate("org/name@de").hasSuffix("these are: main (abc123), v1.0 (def456)"))
    #expect(
      locate("org/two") == "hub/models--org--two: the revision main is not in the cache\n  these are: 1, 2")
    #expect(locate("org/none") == "hub/models--org--none: the revision main is not in the cache\n  no snapshot is")
    #expect(locate("org/name@../../x").contains("the revision ../../x is not in the cache"))
    #expect(locate("org/name@").contains("the revision  is not in the cache"))
  }

  @Test func `a revision by itself is looked for in the cache alone`() throws {
    func locate(_ path: String, _ revision: String) -> String {
      do {
        return try locator.locate(path, revision: revision, relativeTo: folder("specs"))
          .split(separator: folder.path + "/").joined()
      } catch { return "\(error)".split(separator: folder.path + "/").joined() }
    }
    #expect(locate("org/name", "v1.0") == "hub/models--org--name/snapshots/def456")
    #expect(locate(folder("hub/models--org--name"), "v1.0") == "hub/models--org--name/snapshots/def456")
    try folder.write("work/org/name/config.json", "{}")
    #expect(locate("org/name", "main") == "hub/models--org--name/snapshots/abc123")
    #expect(
      locate("near", "v1")
        == "specs/near: this has no revisions; only models in the Hugging Face cache have\n  leave out @v1")
    #expect(
      locate("org/nmae", "v1")
        == "org/nmae: there is no such model in the Hugging Face cache; looked for hub/models--org--nmae\n"
        + "  did you mean org/name@v1?")
    #expect(locate("a/b/c", "v1").contains("there cannot be one: a name there is org/name"))
    #expect(locate("org/long", "012345").contains("is not in the cache"))
    #expect(locate("org/long", "01234567") == "hub/models--org--long/snapshots/0123456789")
    #expect(locate("org/long", "0123457").hasSuffix("0123457000"))
  }

  @Test func `the cache is where the environment says`() {
    func cache(_ environment: [String: String]) -> String { ModelLocator(environment: environment).cacheFolder }
    #expect(cache(["HF_HUB_CACHE": "/a", "HF_HOME": "/b", "HOME": "/h"]) == "/a")
    #expect(cache(["HF_HOME": "/b", "HOME": "/h"]) == "/b/hub")
    #expect(cache(["HF_HOME": "~/b", "HOME": "/h"]) == "/h/b/hub")
    #expect(cache(["XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/c/huggingface/hub")
    #expect(cache(["HOME": "/h"]) == "/h/.cache/huggingface/hub")
  }
}
