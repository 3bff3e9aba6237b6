/// The words of a shell command, with the marks taken off that keep blanks in them.
///
/// Only what people paste is understood: words, quotes, backslashes, comments, and commands that go on in the next
/// line. What a shell would fill in stays as it is written.
struct ShellWords {
  /// A command.
  struct Command: Hashable {
    /// Its words, the program first.
    var words: [String]
    /// The line of the text that it begins in, from one.
    var line: Int
  }

  /// The commands of a text, one for each line or part of a line.
  private(set) var commands: [Command] = []
  /// The line in which a quote begins that does not end.
  private(set) var openQuote: Int?

  private var words: [String] = []
  private var word: String?
  private var start = 1

  init(_ text: String) {
    var line = 1
    var quote: (mark: Character, line: Int)?
    var isEscaped = false
    var isComment = false
    for character in text {
      // A text from Windows ends its lines with two characters that count as one.
      let isBreak = character.isNewline
      defer { if isBreak { line += 1 } }
      if isEscaped {
        isEscaped = false
        if isBreak { continue }
        add(
          quote?.mark == "\"" && !"\"\\$`".contains(character) ? "\\" + String(character) : String(character), at: line)
      } else if isComment {
        guard isBreak else { continue }
        isComment = false
        endCommand()
      } else if let open = quote {
        if character == open.mark {
          quote = nil
        } else if character == "\\", open.mark == "\"" {
          isEscaped = true
        } else {
          add(String(character), at: line)
        }
      } else if character == "\\" {
        isEscaped = true
      } else if character == "'" || character == "\"" {
        quote = (character, line)
        add("", at: line)
      } else if isBreak || ";|&".contains(character) {
        endCommand()
      } else if character.isWhitespace {
        endWord()
      } else if character == "#", word == nil {
        isComment = true
      } else {
        add(String(character), at: line)
      }
    }
    openQuote = quote?.line
    endCommand()
  }

  private mutating func add(_ text: String, at line: Int) {
    if words.isEmpty, word == nil { start = line }
    word = (word ?? "") + text
  }

  private mutating func endWord() {
    if let word { words.append(word) }
    word = nil
  }

  private mutating func endCommand() {
    endWord()
    if !words.isEmpty { commands.append(Command(words: words, line: start)) }
    words = []
  }
}
