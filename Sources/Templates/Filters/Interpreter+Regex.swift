extension Interpreter {
  /// The filter `regex_replace(pattern, replacement, count)` of task files, which is Python's `re.sub`.
  func regexReplace(_ text: String, _ call: CallArguments) throws(Fault) -> String {
    guard dialect == .task else { throw Fault("the filter \"regex_replace\" is for task files only", kind: .refused) }
    throw Fault("the filter \"regex_replace\" is not supported", kind: .refused)
  }
}
