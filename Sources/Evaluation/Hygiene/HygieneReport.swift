/// What is unclean about held-out prompts.
public struct HygieneReport: Hashable, Sendable {
  /// Where a prompt stands.
  public struct Place: Hashable, Sendable {
    /// The file, as the user gave it.
    public var file: String
    /// The task.
    public var task: String
    /// The prompt's id.
    public var id: String
  }

  /// How much two prompts have in common.
  public enum Likeness: String, Sendable, CaseIterable {
    /// The same text, letter by letter.
    case exact
    /// The same words; punctuation, case and white space may differ.
    case normalized
    /// Most runs of words in common.
    case near
  }

  /// Two prompts that are too much alike.
  public struct Duplicate: Hashable, Sendable {
    /// The earlier prompt.
    public var first: Place
    /// The later prompt.
    public var second: Place
    /// How alike they are.
    public var likeness: Likeness
    /// The share of the runs of words of both that both have.
    public var similarity: Double
    /// Whether they ask the same and hold different answers for right.
    public var contradicts: Bool
  }

  /// A question that stands within the text before another prompt's question, as an example does.
  public struct Leak: Hashable, Sendable {
    /// The prompt whose question it is.
    public var question: Place
    /// The prompt that shows it.
    public var shownBy: Place
    /// Whether the right answer stands behind it.
    public var showsAnswer: Bool
  }

  /// A prompt that a training text has in part.
  public struct Overlap: Hashable, Sendable {
    /// The prompt.
    public var place: Place
    /// Whether a run of 13 words (or all its words, if there are fewer) is in the training text.
    public var hasLongRun: Bool
    /// The share of its runs of 8 words that are in the training text.
    public var share: Double
    /// The most words in a row that are in the training text.
    public var longestRun: Int
  }

  /// The prompts of a task in a file, counted by what the training text has of them.
  public struct OverlapCount: Hashable, Sendable {
    /// The file.
    public var file: String
    /// The task.
    public var task: String
    /// All prompts.
    public var all: Int
    /// The prompts of which the training text has a run of 13 words.
    public var dirty: Int
    /// The prompts of whose runs of 8 words the training text has seven tenths.
    public var mostlySeen: Int
    /// The prompts that are not dirty.
    public var clean: Int { all - dirty }

    /// Makes a count.
    public init(file: String, task: String, all: Int, dirty: Int, mostlySeen: Int) {
      self.file = file
      self.task = task
      self.all = all
      self.dirty = dirty
      self.mostlySeen = mostlySeen
    }
  }

  /// A model's mean on all prompts of a task, and on the clean and the dirty ones alone.
  public struct SplitScore: Hashable, Sendable {
    /// The model.
    public var model: String
    /// The task.
    public var task: String
    /// The metric.
    public var metric: String
    /// The mean over all prompts.
    public var all: Double
    /// The mean over the clean ones; nil if there are none.
    public var clean: Double?
    /// The mean over the dirty ones; nil if there are none.
    public var dirty: Double?
  }

  /// A prompt whose label every model contradicts.
  public struct Contradiction: Hashable, Sendable {
    /// The prompt.
    public var place: Place
    /// What counts as right.
    public var label: String
    /// What all models answered.
    public var answer: String
    /// How many models they are.
    public var models: Int
  }

  /// How many prompts were looked at.
  public var prompts = 0
  /// Prompts that are too much alike.
  public var duplicates: [Duplicate] = []
  /// Questions shown by other prompts.
  public var leaks: [Leak] = []
  /// Prompts that the training text has in part.
  public var overlaps: [Overlap] = []
  /// What the training text has of each task; empty if none was given.
  public var overlapCounts: [OverlapCount] = []
  /// Scores of models on clean and dirty prompts.
  public var splitScores: [SplitScore] = []
  /// Prompts whose labels every model contradicts.
  public var contradictions: [Contradiction] = []

  /// Whether nothing was found.
  public var isClean: Bool {
    duplicates.isEmpty && leaks.isEmpty && contradictions.isEmpty
      && overlapCounts.allSatisfy { $0.dirty == 0 && $0.mostlySeen == 0 }
  }
}
