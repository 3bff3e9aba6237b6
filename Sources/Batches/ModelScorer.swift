internal import Evaluation
internal import LanguageModels
internal import Synchronization
internal import Tasks
internal import Templates

/// Loads a model and asks it all prompts.
struct ModelScorer {
  /// What came of asking a model.
  struct Outcome {
    var answers: [Answer]
    /// The tasks as they were put to this model, in its own chat template.
    var suite: TaskSuite?
    /// The text of the chat template that was used.
    var chatTemplate: String?
  }

  let evaluator: Evaluator
  let provider: any ModelProvider
  /// The tasks among the prompts.
  let suite: TaskSuite?

  /// The model's answers.
  ///
  /// - Parameter name: what the results call the model.
  func answers(
    of argument: String, name: String, report: @escaping @Sendable (RunEvent) -> Void
  ) throws -> Outcome {
    report(.loading(model: name))
    let loaded = try provider.load(argument)
    if let remarks = loaded.remarks { report(.remark(model: name, remarks)) }
    var evaluator = evaluator
    var suite = suite
    var chatTemplate: String?
    if let chat = evaluator.options.chat {
      guard let template = loaded.model.chatTemplate else { throw EvaluationError.noChatTemplate }
      if chat.system != nil, template.refusesSystem {
        report(
          .remark(model: name, "warning: the chat template refuses a message of the system, so --system is left out"))
      }
      chatTemplate = template.text
      suite = try suite?.rendered { conversation in try Self.text(of: conversation, by: template, chat) }
      if let suite { evaluator.prompts = evaluator.prompts.replacing(suite.prompts) }
    }
    let clock = ContinuousClock()
    let start = clock.now
    let computed = Mutex(0)
    let answers = try evaluator.answers(of: loaded.model) { progress in
      computed.withLock { $0 = max($0, progress.computed) }
      report(.scoring(model: name, done: progress.done, total: progress.total))
    }
    report(.scored(model: name, tokens: computed.withLock { $0 }, seconds: (clock.now - start) / .seconds(1)))
    return Outcome(answers: answers, suite: suite, chatTemplate: chatTemplate)
  }

  /// A task's conversation as the model's template writes it; what the system says is in it already.
  private static func text(
    of conversation: Conversation, by template: ChatTemplate, _ chat: ChatOptions
  ) throws -> String {
    do throws(TemplateError) {
      return try template.prompt(
        conversation.messages.map { ChatMessage(role: $0.role, content: $0.content) }, clock: chat.clock)
    } catch {
      throw EvaluationError.chatTemplate(error.description)
    }
  }
}
