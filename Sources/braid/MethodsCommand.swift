import ArgumentParser
import Documents
import MergeMethods

struct MethodsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "methods", abstract: "List the merge methods, or explain one.",
    discussion: "Names, ranges and defaults of parameters are the ones that specs are checked against.")

  @Argument(help: "The method to explain.") var name: String?
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Print a Markdown table of all methods.") var markdown = false

  func validate() throws {
    if json, markdown { throw ValidationError("give either --json or --markdown") }
    if markdown, name != nil { throw ValidationError("--markdown lists all methods; leave out the name") }
  }

  func run() throws {
    guard let name else {
      print(json ? Catalog.json : markdown ? Catalog.markdown : Catalog.text, terminator: "")
      return
    }
    guard let method = Catalog.method(named: name) else {
      let names = Catalog.methods.map(\.name)
      let nearest = NearestName.of(name, in: names).map { "did you mean \($0)? " } ?? ""
      throw Failure(
        code: 2,
        message: "error: there is no merge method \"\(name)\"\n  \(nearest)methods: \(names.joined(separator: ", "))")
    }
    print(json ? method.json : method.text, terminator: "")
  }
}
