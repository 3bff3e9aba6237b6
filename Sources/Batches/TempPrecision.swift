public enum Precision: String, CaseIterable, Sendable { case float32, bfloat16 }
