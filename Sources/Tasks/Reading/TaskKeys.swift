/// The keys of a task's file.
enum TaskKeys {
  /// Keys that are understood.
  static let known = [
    "task", "task_alias", "tag", "group", "include", "dataset_path", "dataset_name", "dataset_kwargs", "training_split",
    "validation_split", "test_split", "fewshot_split", "fewshot_config", "process_docs", "process_results",
    "doc_to_text", "doc_to_target", "doc_to_choice", "output_type", "description", "target_delimiter",
    "fewshot_delimiter", "gen_prefix", "num_fewshot", "metric_list", "generation_kwargs", "filter_list", "repeats",
    "should_decontaminate", "doc_to_decontamination_query", "metadata", "unsafe_code", "braid_hook",
  ]
  /// Keys that need code or senses that Braid does not have, with the reason.
  static let refused: [String: String] = [
    "class": "the task is a Python class",
    "custom_dataset": "the data comes from Python code",
    "use_prompt": "the prompt comes from the library promptsource",
    "doc_to_image": "the task shows images",
    "doc_to_audio": "the task plays sounds",
  ]
  static let fewShot = [
    "sampler", "split", "samples", "fewshot_indices", "process_docs", "doc_to_text", "doc_to_target", "doc_to_choice",
    "gen_prefix", "fewshot_delimiter", "target_delimiter",
  ]
  static let generation = [
    "until", "do_sample", "temperature", "max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens",
    "top_p", "top_k", "num_beams",
  ]
  static let dataset = [
    "data_files", "data_dir", "field", "sep", "delimiter", "trust_remote_code", "revision", "cache_dir", "streaming",
    "name", "encoding", "column_names", "header",
  ]
  static let group = ["group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag", "include"]
  static let aggregate = ["metric", "aggregation", "weight_by_size", "filter_list"]
}
