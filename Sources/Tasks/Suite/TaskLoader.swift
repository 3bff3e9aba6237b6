internal import Documents

/// Follows files to tasks, and groups to what they name.
struct TaskLoader {
  private(set) var configurations: [TaskConfiguration] = []
  private(set) var groups: [TaskGroup] = []
  private let files = TaskFiles()
  private let folders: [String]
  private lazy var index = TaskIndex(folders: folders)
  /// The groups that are being read, so that none contains itself.
  private var open: [String] = []

  init(files: [String]) {
    var folders: [String] = []
    for folder in files.map(TaskFiles.folder) where !folders.contains(folder) { folders.append(folder) }
    self.folders = folders
  }

  /// The texts that were read.
  var texts: [String: String] { files.texts }

  /// Adds the task or group of a file.
  mutating func add(file: String) throws(TaskError) { _ = try add(try files.load(file), changes: []) }

  /// A task or group, and the tasks that it stands for.
  private typealias Member = (name: String, leaves: [String])

  /// Adds a task or group.
  ///
  /// - Parameter changes: keys that a group sets for all its tasks.
  private mutating func add(_ node: TaskNode, changes: [TaskEntry]) throws(TaskError) -> Member {
    if let name = node["group"]?.text, node["task"]?.text == nil {
      return try addGroup(node, name: name, changes: changes)
    }
    let configuration = try TaskDecoder.decode(Self.changed(node, by: changes))
    if !configurations.contains(where: { $0.name == configuration.name }) { configurations.append(configuration) }
    return (configuration.name, [configuration.name])
  }

  private static func changed(_ node: TaskNode, by changes: [TaskEntry]) -> TaskNode {
    guard !changes.isEmpty, let entries = node.entries else { return node }
    return TaskNode(
      value: .map(entries.filter { entry in !changes.contains { $0.key == entry.key } } + changes), place: node.place)
  }

  private static func joined(_ outer: [TaskEntry], _ inner: [TaskEntry]) -> [TaskEntry] {
    outer.filter { entry in !inner.contains { $0.key == entry.key } } + inner
  }

  private mutating func addGroup(_ node: TaskNode, name: String, changes: [TaskEntry]) throws(TaskError) -> Member {
    guard !open.contains(name) else { throw TaskError(at: node.place, "the group \"\(name)\" contains itself") }
    if let group = groups.first(where: { $0.name == name }) { return (name, group.leaves) }
    // What is no key of a group is one for all its tasks.
    let own = (node.entries ?? []).filter { !TaskKeys.group.contains($0.key) }
    for entry in own where !TaskKeys.known.contains(entry.key) {
      throw TaskError(
        at: entry.place, "unknown key \"\(entry.key)\" in a group",
        hint: TaskDecoder.hint(entry.key, TaskKeys.group, "a group"))
    }
    let changes = Self.joined(own, changes)
    open.append(name)
    defer { open.removeLast() }
    var children: [String] = []
    var leaves: [String] = []
    for item in node["task"]?.list ?? [] {
      for child in try members(item, of: name, changes: changes) {
        children.append(child.name)
        for leaf in child.leaves where !leaves.contains(leaf) { leaves.append(leaf) }
      }
    }
    guard !leaves.isEmpty else { throw TaskError(at: node.place, "the group \"\(name)\" names no tasks") }
    groups.append(
      TaskGroup(
        name: name, alias: node["group_alias"]?.text, children: children, leaves: leaves,
        aggregates: try TaskGroup.aggregates(node["aggregate_metric_list"]),
        version: node["metadata"]?["version"]?.data, place: node.place))
    return (name, leaves)
  }

  /// What an item of a group's list stands for: a name, or a mapping that changes or is a task or group.
  private mutating func members(
    _ item: TaskNode, of group: String, changes: [TaskEntry]
  ) throws(TaskError) -> [Member] {
    if let name = item.text { return try named(name, at: item.place, changes: changes) }
    guard let entries = item.entries else {
      throw TaskError(at: item.place, "a group's list holds names and mappings, found \(item.kind)")
    }
    if let name = item["group"]?.text {
      if index.files[name] != nil {
        let own = entries.filter { $0.key != "group" }
        return try named(name, at: item.place, changes: Self.joined(changes, own))
      }
      // A group that is only written here is named after the one around it, as in the harness.
      return [try addGroup(item, name: "\(group)::\(name)", changes: changes)]
    }
    guard let name = item["task"]?.text else {
      throw TaskError(at: item.place, "a mapping in a group's list needs the key \"task\" or \"group\"")
    }
    let own = Self.joined(changes, entries.filter { $0.key != "task" })
    if index.files[name] != nil || index.tags[name] != nil { return try named(name, at: item.place, changes: own) }
    guard item["dataset_path"] != nil else { return try named(name, at: item.place, changes: own) }
    let inner = TaskNode(value: .text("\(group)::\(name)"), place: item.place)
    return [try add(item, changes: own + [TaskEntry(key: "task", place: item.place, value: inner)])]
  }

  private mutating func named(_ name: String, at place: TaskPlace, changes: [TaskEntry]) throws(TaskError) -> [Member] {
    if let file = index.files[name] { return [try add(try files.load(file), changes: changes)] }
    if let tagged = index.tags[name] {
      var members: [Member] = []
      for task in tagged.sorted() { members += try named(task, at: place, changes: changes) }
      return members
    }
    throw TaskError(
      at: place, "there is no task, group or tag \"\(name)\" in the folders of the named files",
      hint: index.nearest(to: name).map { "did you mean \"\($0)\"?" })
  }
}
