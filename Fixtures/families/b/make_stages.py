#!/usr/bin/env python3
"""Makes what mergekit-multi makes of the specs in stages/. Run in this folder with mergekit 0.1.5:

    python make_stages.py

Each document of a spec is merged into a checkpoint before the next reads it; the final merge's tensors are kept.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
os.chdir(HERE)
for spec in sorted(HERE.glob("stages/*/spec.yaml")):
    with tempfile.TemporaryDirectory() as folder:
        program = Path(sys.executable).with_name("mergekit-multi")
        subprocess.run(
            [program, spec, "--out-path", f"{folder}/out", "-I", f"{folder}/stages", "--no-copy-tokenizer"], check=True)
        merged = {}
        for shard in Path(f"{folder}/out").glob("*.safetensors"): merged |= load_file(shard)
    save_file(merged, spec.with_name("golden.safetensors"))
    print(spec.parent.name, len(merged), {str(tensor.dtype) for tensor in merged.values()})
