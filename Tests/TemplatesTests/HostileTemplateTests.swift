import BraidTesting
import Documents
import Foundation
import Templates
import Testing

@Suite struct HostileTemplateTests {
  private func fault(_ text: String, _ dialect: Template.Dialect = .task) -> TemplateError.Kind? {
    do throws(TemplateError) {
      _ = try Template(text: text, name: "t", dialect: dialect).render([("s", .string("x"))])
      return nil
    } catch {
      return error.kind
    }
  }

  @Test func `what would never end ends`() {
    let loop = "{% for i in range(99999) %}"
    #expect(fault(loop + loop + "x{% endfor %}{% endfor %}") == .limit)
    #expect(fault("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == .limit)
    #expect(fault("{% for i in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}") == .limit)
    #expect(fault("{% macro m(a) %}{{ m(a + a) }}{% endmacro %}{{ m('aaaaaaaaaaaaaaaaaaaa') }}") == .limit)
    #expect(fault("{% set l = range(99999) | list %}" + loop + "{{ 7 in l }}{{ 100000 in l }}{% endfor %}") == .limit)
    #expect(fault("{% set l = range(9999) | list %}" + loop + "{% set q = l | sort %}{% endfor %}") == .limit)
  }

  @Test func `what would fill the memory is refused`() {
    #expect(fault("{{ 'x' * 10000000000 }}") == .limit)
    #expect(fault("{{ [1] * 1000000000000 }}") == .limit)
    #expect(
      fault("{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}")
        == .limit)
    #expect(
      fault("{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}")
        == .limit)
    #expect(
      fault("{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}") == .limit
    )
    #expect(fault("{{ '%999999999999d' % 1 }}") == .limit)
    #expect(fault("{{ '{:>999999999999}'.format(s) }}") == .limit)
    #expect(fault("{{ s.rjust(99999999999) }}") == .limit)
    #expect(fault("{{ s.zfill(99999999999) }}") == .limit)
    #expect(fault("{{ ('a' * 9999999).replace('', 'a' * 9999999) }}") == .limit)
    #expect(fault("{{ ('a' * 9999999).replace('a', 'a' * 9999999) }}") == .limit)
    #expect(fault("{{ (['a' * 999999] * 9999) | join }}") == .limit)
    #expect(fault("{{ ['a' * 999999] * 9999 }}") == .limit)
    #expect(fault("{{ (['a' * 999999] * 9999) | tojson }}") == .limit)
    #expect(fault("{{ [[1]] | tojson(indent=99999999999) }}") == .limit)
    #expect(fault("{{ ('a\n' * 999999) | indent(9999999) }}") == .limit)
    #expect(fault("{{ [1] | batch(99999999999, 0) | list }}") == .limit)
    #expect(fault("{{ [1] | slice(99999999999) | list }}") == .limit)
    #expect(
      fault("{% for i in range(99999) %}{% for j in range(999) %}{{ 'x' * 999 }}{% endfor %}{% endfor %}") == .limit)
    #expect(
      fault("{% for i in range(99999) %}{% for j in range(9) %}{% set ns = namespace() %}{% endfor %}{% endfor %}")
        == .limit)
  }

  @Test func `what would overflow the stack is refused`() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("-", ""), ("not ", ""), ("s(", ")"), ("s[", "]")] {
      let text = "{{ " + String(repeating: open, count: 50_000) + "1" + String(repeating: close, count: 50_000) + " }}"
      #expect(fault(text) == .limit, "\(open)")
    }
    for link in ["+1", " and 1", " or 1", ".a", "[0]", "()", "|upper", " if 1", "*1", "**1"] {
      #expect(fault("{{ s" + String(repeating: link, count: 50_000) + " }}") == .limit, "\(link)")
    }
    #expect(fault(String(repeating: "{% if s %}", count: 50_000)) == .limit)
    #expect(fault(String(repeating: "{% set ", count: 1) + String(repeating: "(", count: 50_000)) == .syntax)
    #expect(
      fault("{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}")
        == .limit)
    #expect(fault("{% set l = [] %}{% for i in range(9999) %}{% set _ = l.append(l) %}{% endfor %}{{ l }}") == .limit)
    #expect(fault("{% set l = [] %}{% for i in range(9999) %}{% set l = [l.append] %}{% endfor %}") == nil)
  }

  /// The numbers are those up to which jinja2 goes in Python 3.11, with its usual limit of recursion.
  @Test func `what jinja2 takes is taken, and on a small stack`() async {
    func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
    let texts = [
      "{{ \(times("(", 69))1\(times(")", 69)) }}", "{{ \(times("[", 60))1\(times("]", 60)) }}",
      "{{ 1\(times("+1", 491)) }}", "{{ 1\(times("~1", 3000)) }}", "{{ 1\(times(" and 1", 491)) }}",
      "{{ 1\(times(" or 1", 491)) }}", "{{ s\(times("|upper", 197)) }}", "{{ 1\(times(" if 0 else 1", 491)) }}",
      "{{ 1\(times(" < 2 > 1", 1000)) }}", "{{ 1\(times(" * (1 + 1", 30))\(times(")", 30)) }}",
      "{% if 0 %}\(times("{% elif 0 %}", 2000)){% endif %}", "{{ s\(times(".upper()", 35)) }}",
      times("{% if s %}", 75) + "x" + times("{% endif %}", 75),
      times("{% for i in [1] %}", 20) + times("{% endfor %}", 20),
    ]
    for text in texts {
      let kind = await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: fault(text)) }
        thread.stackSize = 512 << 10
        thread.start()
      }
      #expect(kind == nil, "\(text.prefix(40))")
    }
  }

  @Test func `chains within each other are refused before they are too high`() async {
    for links in [6, 7, 490] {
      let link = String(repeating: " + 1", count: links)
      let text =
        "{{ " + String(repeating: "(", count: 75) + "1" + String(repeating: link + ")", count: 75) + link + " }}"
      let kind = await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: fault(text)) }
        thread.stackSize = 512 << 10
        thread.start()
      }
      #expect(kind == (links == 6 ? nil : .limit), "\(links)")
    }
  }

  /// Threads other than the main one have half a megabyte of stack on some systems.
  @Test func `the deepest evaluation fits into a small stack`() async {
    let texts = [
      "{% macro m(n) %}{% for i in [1] %}{% if true %}{{ (1 + (2 * m(n + 1))) ~ 'x' }}{% endif %}{% endfor %}{% endmacro %}{{ m(0) }}",
      "{% macro m() %}{{ caller is defined }}{% call m() %}{% filter upper %}{{ [m()] | map('upper') | list }}{% endfilter %}{% endcall %}{% endmacro %}{{ m() }}",
      "{% for i in [[1]] recursive %}{% set x %}{{ loop([[1]]) }}{% endset %}{% endfor %}",
    ]
    for text in texts {
      let kind = await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: fault(text)) }
        thread.stackSize = 512 << 10
        thread.start()
      }
      #expect(kind == .limit, "\(text)")
    }
  }

  @Test func `whole numbers beyond 64 bits are refused`() {
    for text in [
      "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775807 * 2 }}",
      "{{ 2 ** 64 }}", "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
    ] { #expect(fault(text) == .limit, "\(text)") }
    #expect(fault("{{ 9223372036854775808 }}") == .syntax)
    #expect(fault("{{ s[9223372036854775807] is defined }}{{ [1][-9223372036854775807] is defined }}") == nil)
    #expect(fault("{{ 'abc'[-9223372036854775807:9223372036854775807:9223372036854775807] }}") == nil)
    #expect(fault("{{ range(-9223372036854775807, 9223372036854775807) }}") == .limit)
    #expect(fault("{{ 1e308 | int }}{{ 'x' | truncate(9223372036854775807) }}{{ 5 | round(-400) }}") == nil)
  }

  /// Damages templates at random: bytes changed, dropped, doubled, and pieces of others put in.
  @Test func `damaged templates are rendered or refused, and nothing else`() throws {
    let names = ["command-r", "deepseek", "gemma", "llama3-tools", "mistral", "qwen3", "smollm3"]
    var sources = try names.map { Array(try Goldens.text("chat/\($0).jinja").utf8) }
    sources += try Goldens.text("expressions.jsonl").split(separator: "\n").dropFirst().map { line in
      Array((try JSONParser.parse(String(line))["template"]?.string ?? "").utf8)
    }
    let pieces = [
      "{{", "}}", "{%", "%}", "{#", "-", "(", ")", "[", "]", "'", "\"", "|", ".", ":", "**", "loop", "\\u", "\u{301}",
    ]
    let context: [(String, TemplateValue)] = [
      ("messages", .list([.dictionary([("role", .string("user")), ("content", .string("hi"))])])),
      ("bos_token", .string("<s>")), ("n", .integer(7)), ("name", .string("World")), ("words", .list([.string("a")])),
    ]
    var state: UInt64 = 0x9E37_79B9
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(1, limit)
    }
    var rendered = 0
    for round in 0..<30_000 {
      var bytes = sources[round % sources.count]
      for _ in 0...random(3) {
        let place = random(bytes.count + 1)
        switch random(4) {
        case 0: bytes.insert(contentsOf: Array(pieces[random(pieces.count)].utf8), at: place)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + random(9)))
        case 2 where place < bytes.count: bytes[place] = UInt8(random(256))
        default:
          let other = sources[random(sources.count)]
          let start = random(other.count + 1)
          bytes.insert(contentsOf: other[start..<min(other.count, start + random(30))], at: place)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(TemplateError) {
        _ = try Template(text: text, name: "t", dialect: round % 2 == 0 ? .chat : .task).render(context)
        rendered += 1
      } catch {
        #expect(error.position.line > 0 && error.position.column > 0)
      }
    }
    #expect(rendered > 300)
  }
}
