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
