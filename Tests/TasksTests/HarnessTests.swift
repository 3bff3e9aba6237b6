import BraidTesting
import Documents
import Evaluation
import Testing

import Tasks

/// Prompts, metrics and standard errors are lm-evaluation-harness's own.
@Suite struct `Tasks of lm-evaluation-harness` {
  private static let files = ["family_a", "stories", "endings", "sums", "sums_alone"]

  private func check(_ suite: TaskSuite, against golden: HarnessGolden) {
    for task in suite.tasks {
      let contexts = golden.contexts(task.name)
      let samples = golden.samples(task.name)
      #expect(!samples.isEmpty, "\(task.name)")
      for sample in samples {
        guard task.prompts.indices.contains(sample.document),
          case .document(let prompt) = task.prompts[sample.document].content
        else {
          Issue.record("\(task.name) has no document \(sample.document)")
          continue
        }
        #expect(PythonText.of(task.targets[sample.document]) == sample.target)
        let hashes = HarnessSamples.hashes(of: task, sample.document)
        #expect([hashes.document, hashes.prompt, hashes.target] == sample.hashes, "\(task.name) \(sample.document)")
        guard let requests = sample.requests else { continue }
        #expect(prompt.requests.count == requests.count, "\(task.name) \(sample.document)")
        for (request, node) in zip(prompt.requests, requests) {
          let context = node.array?[0].int.map { contexts[$0] }
          #expect(request.context == context, "\(task.name) \(sample.document)")
          switch request {
          case .likelihood(_, let continuation): #expect(continuation == node.array?[1].string)
          case .text: break
          case .generation(_, let until, let limit):
            #expect(until == node.array?[1]["until"]?.array?.compactMap(\.string))
            #expect(limit == node.array?[1]["max_gen_toks"]?.int)
          }
        }
      }
    }
  }

  @Test func `prompts, examples, targets and hashes are equal, character by character`() throws {
    let suite = try HarnessGolden.suite(Self.files)
    #expect(
      suite.tasks.map(\.name) == ["plurals", "places", "plurals_first", "stories", "endings", "sums", "sums_alone"])
    check(suite, against: try HarnessGolden("plain"))
  }

  @Test func `a limit and a count of examples change prompts as they do there`() throws {
    let suite = try HarnessGolden.suite(
      ["plurals", "places", "sums", "sums_alone"], options: .init(limit: 6, exampleCount: 2))
    #expect(suite.tasks.allSatisfy { $0.prompts.count == 6 })
    check(suite, against: try HarnessGolden("limited"))
  }

  @Test(arguments: ["turns", "one"])
  func `conversations are those that the harness puts through the chat template`(run: String) throws {
    let style = ChatStyle(
      usesTemplate: true, isMultiTurn: run == "turns", systemInstruction: run == "turns" ? "be brief" : nil)
    let suite = try HarnessGolden.suite(
      ["plurals", "places", "sums", "sums_alone"], options: .init(limit: 5, style: style))
    // The template of family a.
    let rendered = suite.rendered { conversation in
      conversation.messages.map { "<|\($0.role)|>\($0.content)" }.joined()
        + (conversation.continuesReply ? "" : "<|assistant|>")
    }
    check(rendered, against: try HarnessGolden(run))
  }

  @Test(arguments: ["plain", "limited"])
  func `metrics and standard errors follow from the same responses`(run: String) throws {
    let golden = try HarnessGolden(run)
    let suite =
      run == "plain"
      ? try HarnessGolden.suite(Self.files)
      : try HarnessGolden.suite(["plurals", "places", "sums", "sums_alone"], options: .init(limit: 6, exampleCount: 2))
    let answers = golden.answers(to: suite)
    try #require(answers.count == suite.prompts.prompts.count)
    let results = HarnessResults(
      suite, answers: answers, run: .init(model: "m", start: 0, seconds: 1, precision: "float32", program: "braid"))
    for (task, scores) in zip(suite.tasks, results.scores(resamples: 2000)) {
      for score in scores {
        let value = try #require(golden.result(task.name, score.key), "\(task.name) \(score.key)")
        #expect(abs(score.value - value) < 1e-12 * max(1, abs(value)), "\(task.name) \(score.key): \(score.value)")
        let error = golden.result(task.name, score.errorKey)
        #expect((error == nil) == (score.error == nil), "\(task.name) \(score.errorKey)")
        if let error, let own = score.error {
          #expect(abs(own - error) < 1e-9, "\(task.name) \(score.errorKey): \(own)")
        }
      }
    }
  }

  @Test func `every document has the metrics that it has there`() throws {
    let golden = try HarnessGolden("plain")
    let suite = try HarnessGolden.suite(Self.files)
    for task in suite.tasks {
      for sample in golden.samples(task.name) {
        for metric in task.metrics where metric.pipeline.name == sample.filter {
          guard let expected = sample.metrics[metric.name] else { continue }
          let observation = try #require(
            metric.observe(HarnessGolden.answer(sample), to: task.prompts[sample.document]))
          let own = metric.kind == .perplexity ? observation.terms[0] : observation.terms[0] / observation.terms[1]
          #expect(own == expected, "\(task.name) \(sample.document) \(metric.name)")
          if let filtered = sample.filtered, case .document(let prompt) = task.prompts[sample.document].content,
            case .responses(let responses) = HarnessGolden.answer(sample).content
          {
            #expect(metric.filtered(responses, prompt) == filtered.map { .text($0) }, "\(sample.document)")
          }
        }
      }
    }
  }

  @Test func `groups are summed up, inner ones too`() throws {
    let golden = try HarnessGolden("plain")
    let suite = try HarnessGolden.suite(Self.files)
    let answers = golden.answers(to: suite)
    let scoring = Scoring(prompts: suite.prompts)
    let record = suite.addingGroups(to: scoring.record(of: [("m", answers)], against: nil, failures: []))
    let groups = record.models[0].tasks.suffix(2)
    #expect(groups.map(\.task) == ["braid_family_a::braid_more", "braid_family_a"])
    for group in groups {
      for metric in group.metrics {
        let value = try #require(golden.result(group.task, "\(metric.metric),none"))
        let error = try #require(golden.result(group.task, "\(metric.metric)_stderr,none"))
        #expect(abs(metric.score.value - value) < 1e-12)
        #expect(abs((metric.score.standardError ?? 0) - error) < 1e-9, "\(group.task)")
      }
    }
  }
}
