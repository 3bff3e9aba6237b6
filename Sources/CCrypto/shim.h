// SHA-256, with which lm-evaluation-harness names documents, prompts and targets.
#include <openssl/evp.h>
