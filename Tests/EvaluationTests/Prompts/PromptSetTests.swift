import BraidTesting
import Documents
import Evaluation
import Testing

struct PromptSetTests {
  private func read(_ text: String, name: String = "p.jsonl", limit: Int? = nil) throws -> PromptSet {
    try PromptSet(files: [PromptFile(name: name, bytes: Array(text.utf8))], limit: limit)
  }

  private func complaint(_ text: String) -> String {
    do {
      _ = try read(text)
      return "no complaint"
    } catch {
      return "\(error)"
    }
  }

  @Test func `reads the three kinds and keeps tasks together`() throws {
    let set = try read(
      """
      {"id":"1","task":"t","text":"a b"}
      {"id":"1","task":"c","query":"q","choices":[" a"," b"],"gold":1}

      {"id":2,"task":"t","text":"c"}
      {"gold":0,"id":"x","task":"g2","choices":["u","v"],"query":""}
      {"id":"1","task":"g","prompt":"","target":" y"}
      """)
    #expect(set.prompts.map { "\($0.task)/\($0.id)" } == ["t/1", "t/2", "c/1", "g2/x", "g/1"])
    #expect(set.tasks.map(\.range) == [0..<2, 2..<3, 3..<4, 4..<5])
    #expect(set.prompts[2].content == .choice(query: "q", choices: [" a", " b"], gold: 1))
    #expect(set.prompts[4].content == .generation(prompt: "", target: " y"))
  }

  @Test func `reads Windows line ends and a byte order mark`() throws {
    let set = try read(
      "\u{FEFF}{\"id\":\"1\",\"task\":\"t\",\"text\":\"a\"}\r\n{\"id\":\"2\",\"task\":\"t\",\"text\":\"b\"}\r\n")
    #expect(set.prompts.map(\.content) == [.text("a"), .text("b")])
  }

  @Test func `a limit takes the first prompts of each task but checks every line`() throws {
    let lines = (0..<5).map { "{\"id\":\"\($0)\",\"task\":\"\($0 < 3 ? "a" : "b")\",\"text\":\"x\"}\n" }.joined()
    #expect(try read(lines, limit: 2).prompts.map(\.id) == ["0", "1", "3", "4"])
    #expect(throws: PromptError.self) { try read(lines + "{", limit: 2) }
  }

  @Test func `reads all prompts of the family`() throws {
    for split in ["heldout", "search"] {
      let files = try ["sums", "sort", "facts", "plural", "chat", "factchat", "text"].map { task in
        let name = Fixture.path("families/a/prompts/\(task).\(split).jsonl")
        return PromptFile(name: name, bytes: try Files.bytes(name))
      }
      let counts = try PromptSet(files: files).tasks.map(\.range.count)
      #expect(counts == [200, 200, 120, 200, 200, 40, split == "heldout" ? 138 : 153])
    }
  }

  @Test func `broken JSON is shown with its column`() {
    #expect(
      complaint("{\"id\":\"1\",\"task\":\"t\",\"text\":\"ü\"}\n{\"id\":\"é\",\"task\" \"t\"}\n") == """
        p.jsonl:2:18: error: the line is not valid JSON: expected ':' after the key "task"
          {"id":"é","task" "t"}
                           ^
        """)
  }

  @Test func `a misspelt key is answered with the key that was meant`() {
    #expect(
      complaint(#"{"id":"1","task":"c","qeury":"q","choices":["a","b"],"gold":0}"#) == """
        p.jsonl:1:22: error: unknown key "qeury"
          {"id":"1","task":"c","qeury":"q","choices":["a","b"],"gold":0}
                               ^
          did you mean "query"?
        """)
    #expect(
      complaint(#"{"id":"1","task":"c","txt":"q"}"#) == """
        p.jsonl:1:22: error: unknown key "txt"
          {"id":"1","task":"c","txt":"q"}
                               ^
          did you mean "text"?
        """)
  }

  @Test func `a key that no kind knows is refused with the form of the line`() {
    #expect(
      complaint(#"{"id":"1","task":"c","text":"q","weight":2}"#) == """
        p.jsonl:1:33: error: unknown key "weight"
          {"id":"1","task":"c","text":"q","weight":2}
                                          ^
          a text prompt is {"id", "task", "text"}
        """)
  }

  @Test func `a missing key is named with the form of the line`() {
    #expect(
      complaint(#"{"id":"1","task":"g","prompt":"q"}"#) == """
        p.jsonl:1:1: error: a generation prompt needs the key "target"
          {"id":"1","task":"g","prompt":"q"}
          ^
          a generation prompt is {"id", "task", "prompt", "target"}
        """)
  }

  @Test func `keys of two kinds are refused`() {
    #expect(
      complaint(#"{"id":"1","task":"g","prompt":"q","text":"t"}"#) == """
        p.jsonl:1:1: error: the line mixes keys of different kinds of prompts: "prompt" (generation), "text" (text)
          {"id":"1","task":"g","prompt":"q","text":"t"}
          ^
          a line is one of {"id", "task", "query", "choices", "gold"}, {"id", "task", "prompt", "target"}, {"id", "task", "text"}
        """)
  }

  @Test func `a gold index outside the choices is refused`() {
    #expect(
      complaint(#"{"id":"1","task":"c","query":"q","choices":["a","b"],"gold":2}"#) == """
        p.jsonl:1:61: error: "gold" is 2, but the 2 choices have the indices 0 to 1
          {"id":"1","task":"c","query":"q","choices":["a","b"],"gold":2}
                                                                      ^
        """)
  }

  @Test(arguments: [
    (#"{"id":"1","task":"c","query":"q","choices":["a",""],"gold":0}"#, "p.jsonl:1:49: error: choice 1 is empty"),
    (
      #"{"id":"1","task":"c","query":"q","choices":["a"],"gold":0}"#,
      #"1:44: error: "choices" needs at least two strings, found 1"#
    ),
    (
      #"{"id":"1","task":"c","query":"q","choices":["a",3],"gold":0}"#,
      "1:49: error: choice 1 must be a string, found a number"
    ),
    (
      #"{"id":"1","task":"c","query":"q","choices":"a","gold":0}"#,
      #"1:44: error: "choices" must be an array of strings, found a string"#
    ),
    (
      #"{"id":"1","task":"c","query":3,"choices":["a","b"],"gold":"a"}"#,
      #"1:59: error: "gold" must be the index of the right choice, found a string"#
    ),
    (#"{"id":"","task":"t","text":"a"}"#, #"1:7: error: "id" is empty"#),
    (#"{"id":"1","task":true,"text":"a"}"#, #"1:18: error: "task" must be a string, found a boolean"#),
    (#"{"id":"1","task":"t","text":""}"#, #"1:29: error: "text" is empty"#),
    (#"{"id":"1","task":"g","prompt":"a","target":""}"#, #"1:44: error: "target" is empty"#),
    (
      #"{"id":"1","id":"2","task":"t","text":"a"}"#,
      #"1:11: error: the line is not valid JSON: the key "id" appears twice"#
    ),
    (#"[1]"#, "1:1: error: expected an object with a prompt, found an array"),
    (#"{"id":"1"}"#, "1:1: error: none of the keys says what kind of prompt this is"),
  ])
  func `malformed values are refused`(line: String, message: String) {
    #expect(complaint(line).contains(message))
  }

  @Test func `all faults of all files are collected`() {
    let bad = "{\"id\":\"1\",\"task\":\"t\",\"text\":\"\"}\nnonsense\n"
    #expect {
      try PromptSet(files: [
        PromptFile(name: "a.jsonl", bytes: Array(bad.utf8)), PromptFile(name: "b.jsonl", bytes: []),
        PromptFile(name: "c.jsonl", bytes: Array(bad.utf8)),
      ])
    } throws: { error in
      let places = (error as? PromptError)?.faults.map { "\($0.diagnostic.file):\($0.diagnostic.position?.line ?? 0)" }
      return places == ["a.jsonl:1", "a.jsonl:2", "b.jsonl:0", "c.jsonl:1", "c.jsonl:2"]
    }
  }

  @Test func `an empty file is refused`() {
    #expect(complaint(" \n\n") == "p.jsonl: error: the file holds no prompts")
  }

  @Test func `an id that is taken is refused with the place of the first`() {
    let line = #"{"id":"1","task":"t","text":"a"}"#
    #expect(
      complaint(line + "\n" + line).hasPrefix(
        #"p.jsonl:2:1: error: the id "1" is already taken in the task "t" by p.jsonl:1"#))
  }

  @Test func `a task has prompts of one kind`() {
    #expect(
      complaint(#"{"id":"1","task":"t","text":"a"}"# + "\n" + #"{"id":"2","task":"t","prompt":"a","target":"b"}"#)
        .hasPrefix(
          #"p.jsonl:2:1: error: a generation prompt in the task "t", which p.jsonl:1 began with a text prompt"#))
  }

  @Test func `a file of faults is not printed without end`() {
    let text = String(repeating: "x\n", count: 80)
    #expect(complaint(text).hasSuffix("\n… and 30 more errors"))
  }

  @Test func `no prefix and no flipped byte of a line makes it trap`() {
    let line = Array(#"{"id":"1","task":"c","query":"ü\n","choices":["a","\ud83d\ude00"],"gold":1}"#.utf8)
    for length in 1..<line.count {
      #expect(throws: PromptError.self) {
        try PromptSet(files: [PromptFile(name: "p", bytes: Array(line.prefix(length)))])
      }
    }
    for index in line.indices {
      for byte: UInt8 in [0, 0x22, 0x5C, 0x7B, 0xC3, 0xFF] {
        var bytes = line
        bytes[index] = byte
        _ = try? PromptSet(files: [PromptFile(name: "p", bytes: bytes)])
      }
    }
  }
}
