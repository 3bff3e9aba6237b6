"""Small tokenizers with hard corners, and what the `tokenizers` library makes of hard texts.

    python make_tokenizers.py        # tokenizers 0.23; writes beside itself

  texts.json                     the texts: scripts, emoji, control characters, digits, code, blanks, added tokens, noise
  <name>/tokenizer.json          trained on a few sentences below, then edited
  <name>/golden.json             for each text {"ids", "plain", "text", "visible"}: tokens with and without special
                                 tokens, and the decoded text of "ids" with and without special tokens; "plain" and "visible"
                                 are left out where they are the same as "ids" and "text"
  family-a/golden.json           the same for ../families/a/base/tokenizer.json

  gpt2     ByteLevel with its own regex and a prefix space; NFC; added tokens for runs of blanks, found in normalised
           text; single_word, lstrip, rstrip; Roberta post-processor
  llama3   Split by regex and ByteLevel without; ignore_merges with words that no merge reaches; merges as pairs;
           begin token by TemplateProcessing in a Sequence
  odd      Digits, Punctuation merged with the next, a Split by string, an inverted contiguous Split; lowercase and
           replacing normalizers; fused unknown tokens; characters instead of bytes; no decoder
"""
import json, random
from pathlib import Path
from tokenizers import Tokenizer, Regex, AddedToken, models, normalizers, pre_tokenizers, decoders, processors, trainers

HERE = Path(__file__).parent
CORPUS = """The quick brown fox jumps over the lazy dog. It's what we'd call a pangram, isn't it? They'll say they've seen it.
In 1984 there were 365 days, 12 months and 1,234,567 reasons; 3.14159 is close to pi, and 2+2=4.
Les élèves français étaient très contents; où est la bibliothèque? Voilà l'été, naïve façade.
Die Straße führt über die Brücke nach Köln, wo größere Häuser stehen. Äpfel und Übung.
Съешь же ещё этих мягких французских булок, да выпей чаю. Москва и Санкт-Петербург.
Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί.
敏捷的棕色狐狸跳过了懒狗。今天天气很好，我们去公园吧。
いろはにほへと ちりぬるを。東京タワーは高いです。カタカナとひらがな。
안녕하세요 세계. 오늘은 날씨가 좋습니다.
שלום עולם, זה מבחן. مرحبا بالعالم، هذا اختبار.
नमस्ते दुनिया, यह एक परीक्षण है। ภาษาไทยไม่มีช่องว่าง
def main(argv):\n    for i in range(10):\n        print(f"{i:>3}", end="\\n")\n    return 0\n
int main(void) { return a->b != NULL && x <= 0xFF; } // comment\n\tif (y) goto end;
😀 😃 👍🏽 👩‍👩‍👧‍👦 🇩🇪 🇫🇷 ❤️ ✨
""".split("\n")

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n ", "\t", "\r\n", "\r", "a", " a", "a ", "  a  b   c    ", "Hello world",
    "Hello  world\n\n\n  indented\n\ttab\r\nwindows line\x0b\x0c end", "don't DON'T I'll we've he'd it's 's 'S 'ſ ' s",
    "1 12 123 1234 12345 1234567890 3.14 1,000,000 ½ ² ¼ Ⅷ ٣٤٥ १२३ ①⑳ 〇一二",
    "café cafe\u0301 naïve nai\u0308ve Å A\u030a \u212b ﬁ ﬀ ｆｕｌｌ", "ÀÉÎõü ß ẞ ſ İ ı Σας ΣΑΣ ǅ ǆ",
    "Привет, мир! Ещё раз: ёлка.", "γειά σου Κόσμε", "日本語テスト。今天，天气；很好！", "안녕 하세요 조합형 \u1112\u1161\u11ab",
    "שָׁלוֹם مَرحَبًا नमस्ते ภาษาไทย ກຂ ქართული հայերեն", "😀😃 👍🏽👩‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ ☃\ufe0e 𝔘𝔫𝔦 𒀀 \U0001f9ff",
    "\u00a0nbsp\u00a0\u00a0two \u2003em\u2003 \u3000ideographic\u3000 \u180emongolian\u180e \u200bzero\u200bwidth \ufeffbom \u0085next",
    "\u2028line\u2029para \u202frtl\u202eabc\u202c", "\x00nul\x01\x02 \x07bell \x1besc \x7fdel \x80\x9f", "\ufffd \ufffe \uffff \U0010ffff",
    "def f(x):\n    return x**2  # comment\n\n\nclass A:\n\tpass\n", "<html>&amp;</html> {\"a\": [1, 2, 3]} a_b-c.d/e\\f ~!@#$%^&*()_+`-=[]{}|;':\",./<>?",
    "http://example.com/a?b=c&d=%20#e", "CamelCaseWord snake_case_word SCREAMING_CASE iPhone15Pro XMLHttpRequest aB Ab AB ab",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "the" * 60, "ab" * 100 + "a",
    " " * 37 + "x" + " " * 64, "\n" * 9 + " " + "\n" * 3, "a\u0300\u0301\u0302\u0303 \u0300alone",
    "<s>begin</s> <s>  mid </s>\n<|user|>hi<|assistant|>", "<|a|><|a|> <|a|>x x<|a|>  <|b|>  y <|b|>\n\n<|c|> word<|c|>word <|c|>",
    "solo solo. Solo solos xsolo solo_ _solo solo1 solo-solo (solo) ésolo solo\u0301", "<mask> <mask>  <mask>\n<mask>", "<mask>\n\n<|b|> \n <|b|>  <mask>",
    "É<|é|> e\u0301<|e\u0301|> x<|É|>", "longtoken longtokenlonger longtokenlo", "TheQuick unreachable Unreachable unreachables zzunreachable",
    "brown  fox, the ' quick ' ' 't 're 'x", "pre-tokenizer: merged! with? previous;next... (a)(b) !!a!! ?b? #c",
]
rng = random.Random(7)
POOLS = ["abcdefghijklmnopqrstuvwxyz", "ABCDEXYZ", "0123456789", " ", " ", "\n\t\r", ".,;:!?'\"-_()", "éèüßñçÅøæ", "абвгдёжзЯЖ", "αβγδΩς", "日本語天气好東京", "안녕하세요",
         "שלםאב", "مرحبا", "नमस्ते", "😀👍🏽❤\ufe0f\u200d", "\u0301\u0308\u0323", "\u00a0\u2003\u200b\u3000", "½²Ⅷ٣"]
for _ in range(110):
    TEXTS.append("".join("".join(rng.choices(rng.choice(POOLS), k=rng.randint(1, 6))) for _ in range(rng.randint(1, 14))))
SPECIALS = ["<s>", "</s>", "<|a|>", "<|b|>", "<|c|>", "<mask>", "solo", "longtoken", "<|é|>", "<|user|>", "  ", "   ", "\t"]
for _ in range(60):
    TEXTS.append("".join(rng.choice([" ", "", "\n", "x", " the ", "é", "\u0301"]) + rng.choice(SPECIALS) for _ in range(rng.randint(1, 8))))

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def save(name, tok, edit=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    data = json.loads(tok.to_str())
    if edit:
        edit(data)
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n")
    golden(name, folder / "tokenizer.json")


def golden(name, path):
    tok = Tokenizer.from_file(str(path))
    lines = []
    for text in TEXTS:
        ids = tok.encode(text).ids
        line = {"ids": ids, "text": tok.decode(ids, skip_special_tokens=False)}
        plain, visible = tok.encode(text, add_special_tokens=False).ids, tok.decode(ids, skip_special_tokens=True)
        if plain != ids:
            line["plain"] = plain
        if visible != line["text"]:
            line["visible"] = visible
        lines.append(line)
    (HERE / name).mkdir(exist_ok=True)
    (HERE / name / "golden.json").write_text("[\n" + ",\n".join(json.dumps(x, separators=(",", ":"), ensure_ascii=False).replace("\u2028", "\\u2028") for x in lines) + "\n]\n")


def gpt2():
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.NFC()
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<s>", "</s>"])
    tok.train_from_iterator(CORPUS, trainer)
    tok.add_tokens([AddedToken("  ", normalized=True), AddedToken("   ", normalized=True), AddedToken("\t", normalized=True),
                    AddedToken("solo", single_word=True), AddedToken("longtoken"), AddedToken("longtokenlonger"), AddedToken("<|é|>", normalized=True)])
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False), AddedToken("<|a|>", rstrip=True, special=True),
                            AddedToken("<|b|>", lstrip=True, rstrip=True, special=True), AddedToken("<|c|>", single_word=True, special=True)])
    tok.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    save("gpt2", tok)


def llama3():
    tok = Tokenizer(models.BPE(ignore_merges=True))
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[])
    tok.train_from_iterator(CORPUS, trainer)

    def edit(data):
        vocab = data["model"]["vocab"]
        for word in ["Ġunreachable", "TheQuick", "123", "Ġfox,"]:
            vocab[word] = len(vocab)
        data["model"]["merges"] = [m if isinstance(m, list) else m.split(" ") for m in data["model"]["merges"]]
        start = len(vocab)
        names = ["<s>", "</s>", "<|a|>", "<|b|>", "<|user|>"]
        data["added_tokens"] = [{"id": start + i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for i, c in enumerate(names)]
        data["post_processor"] = {"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {"<s>": {"id": "<s>", "ids": [start], "tokens": ["<s>"]}}}]}

    save("llama3", tok, edit)


def odd():
    tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tok.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.Replace("quick", "slow"), normalizers.Replace(Regex(r"\s*\.\.\."), "…"), normalizers.Strip()])
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(" ", "merged_with_next"), pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Punctuation("merged_with_previous"),
                                                 pre_tokenizers.Split(Regex(r"\w+"), "contiguous", invert=True), pre_tokenizers.Split("ab", "removed")])
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>", "<s>"], limit_alphabet=150)
    tok.train_from_iterator(CORPUS, trainer)
    tok.add_tokens([AddedToken("<|É|>", normalized=True), AddedToken("solo", normalized=False, single_word=True, lstrip=True)])
    save("odd", tok)


(HERE / "texts.json").write_text("[\n" + ",\n".join(json.dumps(t) for t in TEXTS) + "\n]\n")
gpt2()
llama3()
odd()
golden("family-a", HERE / "../families/a/base/tokenizer.json")
