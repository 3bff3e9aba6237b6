import Documents
import Evaluation
import Testing

/// Vectors that follow from the texts: how often each letter occurs in them.
private struct LetterEmbedder: TextEmbedder {
  func vectors(of texts: [String]) throws -> [[Float]] {
    texts.map { text in
      var counts = [Float](repeating: 0, count: 26)
      for byte in text.utf8 where (97...122).contains(byte) { counts[Int(byte) - 97] += 1 }
      return counts
    }
  }
}

@Suite struct `Embedding tasks` {
  private func scores(_ lines: [String]) throws -> [TaskScores] {
    let file = PromptFile(name: "e.jsonl", bytes: Array(lines.joined(separator: "\n").utf8))
    #expect(EmbeddingPromptSet.recognizes(file))
    let set = try EmbeddingPromptSet(files: [file])
    return try EmbeddingEvaluator(prompts: set).scores(of: "m", by: LetterEmbedder()).tasks
  }

  @Test func `similarity is Spearman's correlation with shared ranks`() throws {
    let texts = [("ab", "ab", 5), ("ab", "ac", 3), ("ab", "cd", 1), ("aab", "ab", 3), ("abcd", "ab", 4)]
    let lines = texts.enumerated().map { index, pair in
      #"{"id": \#(index), "task": "s", "text_a": "\#(pair.0)", "text_b": "\#(pair.1)", "score": \#(pair.2)}"#
    }
    let metric = try scores(lines)[0].metrics[0]
    #expect(metric.metric == "spearman")
    // scipy.stats.spearmanr([1, 0.5, 0, 0.9487, 0.7071], [5, 3, 1, 3, 4])
    #expect(abs(metric.score.value - 0.8207826816681233) < 1e-12)
    #expect(metric.score.standardError ?? 0 > 0)
  }

  @Test func `retrieval ranks every document of the task, and ties win nothing`() throws {
    let lines = [
      #"{"id": "1", "task": "r", "query": "aaa", "positives": ["aab"], "negatives": ["aac", "zzz"]}"#,
      #"{"id": "2", "task": "r", "query": "zz", "positives": ["zzz", "bz"]}"#,
    ]
    let metrics = try scores(lines)[0].metrics
    #expect(metrics.map(\.metric) == ["ndcg_at_10", "mrr"])
    // The first query's document shares its place with "aac", and counts as second.
    #expect(abs(metrics[0].score.value - (0.6309297535714575 + 1) / 2) < 1e-12)
    #expect(metrics[1].score.value == 0.75)
  }

  @Test func `pairs count as right if the right text is closer`() throws {
    let lines = [
      #"{"id": "1", "task": "p", "anchor": "ab", "positive": "abb", "negative": "cd"}"#,
      #"{"id": "2", "task": "p", "anchor": "ab", "positive": "cd", "negative": "ef"}"#,
    ]
    let metric = try scores(lines)[0].metrics[0]
    #expect(metric.metric == "pair_accuracy" && metric.score.value == 0.5 && metric.score.count == 2)
  }

  @Test func `models are compared by the same resamples, in every metric`() throws {
    /// The vectors of another model: the first half of the alphabet.
    struct HalfEmbedder: TextEmbedder {
      func vectors(of texts: [String]) throws -> [[Float]] {
        try LetterEmbedder().vectors(of: texts).map { Array($0[..<13]) + $0[13...].map { _ in 0 } }
      }
    }
    let words = ["ab", "abn", "cdz", "aby", "bcz", "xyz", "ayz", "abc", "nop", "ano", "bbo", "cpq"]
    var lines: [String] = []
    for index in 0..<10 {
      let (a, b, c) = (words[index], words[(index * 5 + 1) % 12], words[(index * 7 + 2) % 12])
      lines.append(
        #"{"id": \#(index), "task": "s", "text_a": "\#(a)", "text_b": "\#(b)", "score": \#(index * 3 % 5)}"#)
      lines.append(#"{"id": \#(index), "task": "p", "anchor": "\#(a)", "positive": "\#(b)", "negative": "\#(c)"}"#)
      lines.append(#"{"id": \#(index), "task": "r", "query": "\#(a)", "positives": ["\#(b)"], "negatives": ["\#(c)"]}"#)
    }
    let set = try EmbeddingPromptSet(
      files: [PromptFile(name: "e.jsonl", bytes: Array(lines.joined(separator: "\n").utf8))])
    let evaluator = EmbeddingEvaluator(prompts: set)
    let letters = try evaluator.answers(by: LetterEmbedder())
    let half = try evaluator.answers(by: HalfEmbedder())
    let scoring = EmbeddingScoring(prompts: set, bootstrap: PairedBootstrap(resamples: 500), resamples: 500)
    let record = scoring.record(of: [("half", half), ("same", half), ("letters", letters)], against: "half")
    #expect(record.against == "half" && record.models[0].tasks[0].metrics[0].difference == nil)
    for (task, metrics) in [("s", ["spearman"]), ("p", ["pair_accuracy"]), ("r", ["ndcg_at_10", "mrr"])] {
      func scores(_ model: Int) throws -> TaskScores {
        try #require(record.models[model].tasks.first { $0.task == task })
      }
      #expect(try scores(2).metrics.map(\.metric) == metrics)
      for index in metrics.indices {
        let difference = try #require(try scores(2).metrics[index].difference)
        let (ours, theirs) = (try scores(2).metrics[index].score.value, try scores(0).metrics[index].score.value)
        #expect(abs(difference.value - (ours - theirs)) < 1e-12)
        #expect(difference.low <= difference.value && difference.value <= difference.high)
        #expect(difference.standardError ?? 0 > 0)
        #expect((difference.mcNemar != nil) == (task == "p"))
        let none = try #require(try scores(1).metrics[index].difference)
        #expect(none.value == 0 && none.low == 0 && none.high == 0)
      }
      #expect(try scores(2).metrics[0].difference?.test != nil)
      #expect(try scores(1).metrics[0].difference?.test?.probability == 1)
    }
    #expect(record.selection?.candidates == 2)
    let samples = scoring.samples(of: "m", answers: letters).map(\.line)
    #expect(samples.count == 30)
    #expect(samples[0].hasPrefix(#"{"model": "m", "task": "s", "id": "0", "cosine": "#))
    #expect(samples.contains { $0.contains(#""ranks": ["#) && $0.contains(#""mrr": "#) })
    #expect(samples.contains { $0.contains(#""positive_cosine": "#) && $0.contains(#""pair_accuracy": "#) })
  }

  @Test func `a faulty line is named, with the nearest key`() {
    let line = #"{"id": "1", "task": "p", "anchor": "ab", "positiv": "abb", "negative": "cd"}"#
    #expect {
      _ = try EmbeddingPromptSet(files: [PromptFile(name: "e.jsonl", bytes: Array(line.utf8))])
    } throws: { error in
      "\(error)".contains("e.jsonl:1:1: error: unknown key \"positiv\"")
        && "\(error)".contains("did you mean \"positive\"?")
    }
  }
}
