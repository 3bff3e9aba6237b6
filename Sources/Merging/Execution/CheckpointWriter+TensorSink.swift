internal import Checkpoints

extension CheckpointWriter: TensorSink {}
