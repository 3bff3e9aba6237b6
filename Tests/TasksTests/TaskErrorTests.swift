import BraidTesting
import Tasks
import Testing

/// What a task cannot be is said by name, with its place, before any model is loaded.
@Suite struct `Faults of task files` {
  private let folder = try? TemporaryFolder()

  /// What is wrong with a task that has these lines beside the usual ones; the paths of the folder are left out.
  private func faults(_ lines: String, leaving: Set<String> = []) throws -> String {
    let folder = try #require(folder)
    let usual = [
      "task": "mine", "dataset_path": "json", "dataset_kwargs": "{data_files: rows.jsonl}", "test_split": "train",
      "output_type": "multiple_choice", "doc_to_text": "question", "doc_to_target": "gold",
      "doc_to_choice": "[a, b]",
    ]
    let written = usual.filter {
      !leaving.contains($0.key) && !lines.hasPrefix($0.key + ":") && !lines.contains("\n\($0.key):")
    }
    let text =
      lines + "\n" + written.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
    _ = try folder.write("rows.jsonl", "{\"question\": \"q\", \"gold\": 1}\n{\"question\": \"r\", \"gold\": 0}\n")
    let path = try folder.write("task.yaml", text + "\n")
    do {
      _ = try TaskSuite(files: [path])
      return "none"
    } catch {
      return error.description.replacing(folder.path + "/", with: "")
    }
  }

  @Test func `each has its place and what to do`() throws {
    let cases: [(String, Set<String>)] = [
      ("doc_to_txt: question", ["doc_to_text"]),
      ("output_type: multiple_choices", []),
      ("process_docs: !function utils.process_docs", []),
      ("doc_to_text: !function utils.doc_to_text", []),
      ("class: !function task.Mine", []),
      ("custom_dataset: !function utils.load", []),
      ("use_prompt: promptsource:x", []),
      ("doc_to_image: image", []),
      ("test_split: test", []),
      ("dataset_kwargs: {data_files: row.jsonl}", []),
      ("dataset_path: owner/data", ["dataset_kwargs"]),
      ("metric_list:\n  - metric: acc_nrm", []),
      ("metric_list:\n  - metric: acc\n    aggregation: median", []),
      ("output_type: generate_until\nmetric_list:\n  - metric: exact_match\n    ignore_cases: true", ["doc_to_choice"]),
      ("output_type: generate_until\ngeneration_kwargs: {do_sample: true, temperature: 0.7}", []),
      ("output_type: generate_until\nfilter_list:\n  - name: x\n    filter:\n      - function: regexp", []),
      (
        "output_type: generate_until\nfilter_list:\n  - name: x\n    filter:\n      - {function: regex, regex_pattern: '(a'}",
        []
      ),
      ("doc_to_text: '{{ question }} {{ missing }}'", []),
      ("doc_to_text: '{% if %}'", []),
      ("fewshot_config: {sampler: random}", []),
      ("num_fewshot: 5", []),
      ("repeats: 3", []),
      ("braid_hook: winograd", []),
      ("include: other.yaml", []),
      ("doc_to_text: [", ["doc_to_text"]),
    ]
    var text = ""
    for (lines, leaving) in cases {
      text += "== \(lines)\n\(try faults(lines, leaving: leaving))\n"
    }
    try Golden.expect(text, at: "faults.txt")
  }

  @Test func `a group that names nothing known is told what is near`() throws {
    let folder = try #require(folder)
    _ = try faults("num_fewshot: 0")
    let path = try folder.write("group.yaml", "group: all\ntask: [mien]\n")
    #expect {
      _ = try TaskSuite(files: [path])
    } throws: { error in
      "\(error)".contains("there is no task, group or tag \"mien\"") && "\(error)".contains("did you mean \"mine\"?")
    }
  }
}
