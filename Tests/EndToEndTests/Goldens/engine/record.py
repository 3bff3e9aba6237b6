"""Records what `braid eval --engine` and a server say to each other, one exchange a line.

    python record.py http://localhost:8192 8190 vllm.jsonl

stands at http://localhost:8190 before the server; everything that is asked goes on to it. The recordings beside this
file were made so, each by the command that EngineRecordingTests runs, with

- vLLM 0.32.0 on a CPU:  vllm serve base --dtype float32 --max-num-seqs 8 --enforce-eager
- llama-cpp-python 0.3.36:  python -m llama_cpp.server --model base.gguf --logits_all true --n_ctx 128
      --type_k 0 --type_v 0  (float32 keys and values)

where base is Fixtures/families/a/base, and base.gguf is made of it by
`braid convert base out --format gguf --dtype float32`.
"""

import json
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

target, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
known = set()


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def exchange(self, body):
        request = urllib.request.Request(
            target + self.path, data=body, method=self.command, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        asked = body.decode() if body else None
        if (self.path, asked) not in known:
            known.add((self.path, asked))
            line = {"path": self.path, "request": asked, "status": status, "response": content.decode()}
            with open(path, "a") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        self.exchange(None)

    def do_POST(self):
        self.exchange(self.rfile.read(int(self.headers["Content-Length"])))


open(path, "w").close()
ThreadingHTTPServer(("127.0.0.1", port), Recorder).serve_forever()
