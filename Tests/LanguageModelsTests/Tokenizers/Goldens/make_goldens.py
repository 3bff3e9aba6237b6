"""Tokenizers of the families of the field, trained on a few sentences, and what the `tokenizers` library makes of hard texts.

    python make_goldens.py        # tokenizers 0.23, sentencepiece 0.2; writes beside itself

  more.json                 texts beyond Fixtures/tokenizers/texts.json: accents, blanks, CJK, compatibility characters, noise
  <name>/tokenizer.json     as in Fixtures/tokenizers; <name>/tokenizer.model where it was made by sentencepiece
  <name>/golden.json        for each text {"ids", "plain", "text", "visible"} as in Fixtures/tokenizers
  normalizers.json, pre-tokenizers.json   one by one: for each the whole tokenizer.json and ids
  sentencepiece/*.model     models of both kinds; sentencepiece/*.json what the sentencepiece library makes of the texts
"""
import io, json, random, unicodedata
from pathlib import Path
import sentencepiece
from tokenizers import Tokenizer, Regex, AddedToken, models, normalizers, pre_tokenizers, decoders, processors, trainers

HERE = Path(__file__).parent
TEXTS = json.loads((HERE / "../../../../Fixtures/tokenizers/texts.json").read_text())
CORPUS = """A harbour at dawn is quiet; the boats come home, one by one, and the gulls follow them. It's cold, isn't it?
We'd counted 1,984 crates by 7:45, then 12 more, and they'd said there'd be 365. I'll wait. You're late, they've gone.
The committee's unbelievable reorganisation of the international transportation network disappointed nearly everybody.
Walking, talking, singing and reading are what people do; walked, talked, sang and read is what they did.
Les bateaux rentrent à l'aube, et les mouettes les suivent. Où est le garçon? Déjà là-bas, près du château, naïf et content.
Die Möwen folgen den Booten; größere Schiffe müssen draußen warten. Übermäßig süße Äpfel, weiße Straßen.
Čeština má háčky a čárky: žluťoučký kůň příšerně úpěl ďábelské ódy. Zażółć gęślą jaźń. Çağrı ışık İstanbul.
Лодки возвращаются домой на рассвете, и чайки летят за ними. Ещё рано, но всё уже проснулось.
Οι βάρκες γυρίζουν το πρωί και οι γλάροι τις ακολουθούν. Ο Σίσυφος έσπρωχνε τον βράχο.
黎明时分，渔船一艘接一艘地回家，海鸥跟着它们。天气很冷，不是吗？我们数了三百六十五个箱子。
夜明けの港は静かです。船が一隻ずつ帰ってきて、カモメがついてくる。東京タワーとコンピュータ。
새벽의 항구는 조용하다. 배들이 하나씩 돌아오고 갈매기가 따라온다. 안녕하세요 세계.
הסירות חוזרות הביתה עם שחר. القوارب تعود إلى البيت عند الفجر، والنوارس تتبعها.
भोर में नावें घर लौटती हैं और पक्षी उनके पीछे आते हैं। เรือกลับบ้านตอนรุ่งสาง Thuyền về bến lúc bình minh, rất lạnh.
def count(crates):\n    total = 0\n    for crate in crates:\n        total += crate.size  # sum\n    return total\n
for (int i = 0; i < n; ++i) { if (p->next != NULL && x[i] <= 0xFF) break; }\n\tprintf("%d\\n", i); // done
{"name": "harbour", "tags": ["a", "b"], "size": 3.14e-2, "ok": true, "url": "http://example.org/a_b?c=d&e=%20"}
camelCaseName PascalCaseName snake_case_name SCREAMING_CASE HTTPServer parseJSONText iPhone15 GPT4o
😀 😃 👍🏽 👩‍👩‍👧‍👦 🇩🇪 🇫🇷 ❤️ ✨ ½ ² ① Ⅷ ﬁ ﬀ ｆｕｌｌ ｱｲｳ ㎏ ™
""".split("\n")

MORE = [
    "ÀÁÂÃÄÅ àáâãäå Ççč Ññ Øø Œœ Łł Đđ Þþ ẞß ŝẗẘ ǖǘ ấầẩ ṩ", "e\u0301\u0323 e\u0323\u0301 \u1e69 s\u0323\u0307 s\u0307\u0323 q\u0307\u0323 \u0344", "İstanbul ISTANBUL ıI iİ ΑΣ ΑΣΑ ὈΔΥΣΣΕΎΣ ǄǅǆǇ Ⓐⓐ",
    "你好world你好 ㄅㄆㄇ 々〆〇 ㍿ 豈更車\uf900 𠀀𠀁 ｶﾞｷﾞ ガギ か\u3099 がぎ ㌔㍍ １２３ＡＢＣ", "가각간 \u1100\u1161\u11a8 \u1100\u1161 ㄱㅏ ﾡﾢ ㈀㉠", "a\u00adb soft\u00adhyphen zero\u200bwidth\u200cnon\u200djoiner \u2060word \ufeffbom",
    "\u0000\u0001\u0007\t\n\u000b\u000c\r\u001b\u007f\u0080\u0085\u009f x\u0000y", "a\u00a0b\u1680c\u2000d\u2009e\u200af\u2028g\u2029h\u202fi\u205fj\u3000k", "\u00a0 a \u3000", "  \u00a0\u00a0  ", "\ufffd\ufffda\ufffd", "\ue000\uf8ff\U000f0000 private",
    "½ ⅓ ¼ ² ³ ₂ ① ⑳ ⅷ Ⅻ ㊀ 🄰 🅐 ﷺ ﬃ ŉ ǰ ﬅ ĳ ㎢ ㏒ …‥ ‼ ⁇ ″ ‵ ℃ Å Ω K ℡ № ª º", "“quotes” ‘single’ «guillemets» „low“ ‚x‘ –—―‑‐ − ~ ～ 〜 ｀ ´ ` ¨ ¸", "``tex'' quotes ''and `` more", "$€£¥₩ +<=>^|~ © ® ° § ¶ • · × ÷ ∑∫√∞≠≤ ←→↑↓ ■□▲ ♠♥",
    "don't can't won't I'd you're it's they've we'll he'S SHE'LL O'NEIL 'tis '90s ''s ' s l'été d’accord it’s", "unbelievably internationalisation untalkable reorganised disappointedness", "x" * 99, "x" * 100, "x" * 101, "walk" * 30, "ж" * 120,
    "walked.Talked,sang;read:done!really?(yes)[no]{maybe}<tag>\"quoted\"'s-hyphen_under/slash\\back|pipe@at#hash%per&and*star+plus=eq", "1.5 2,000 3:45 10% $9.99 1e-5 0xFF 1/2 v1.2.3 2024-05-06T07:08:09Z +49-30-12345", "[CLS] hello [SEP] [MASK] [PAD] [UNK] [mask] <s> </s> <mask> <unk> <pad>",
    "  leading", "trailing  ", "a  b   c    d", "\nline\n\nline\n", "a\tb\t\tc", " \n a \n ", "▁under▁score▁▁x ▁", "▁", "▁▁", " ▁ ▁", "a▁ b ▁c", "hello▁world", "##ing un##believ ## #", "<0x41> <0x0A> <0xE2>", "Ġhello Ċ Ġ",
    "आ़ क्षत्रिय ज्ञ श्री र्क कि की हिन्दी ১২৩ বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം ਪੰਜਾਬੀ ગુજરાતી", "ภาษาไทย เรือ กำ นำ้ น้ำ ລາວ ខ្មែរ မြန်မာ བོད་ཡིག", "مَرْحَبًا ﻻ لا ﷲ ـــ ٠١٢ ۱۲۳ שָׁלוֹם \ufb2a יִ", "Ελληνικά ά ὰ ᾳ ΐ ΰ ῼ ϐ ϑ ς σ", "ѐ ё й ї Ѐ Й \u0438\u0306 \u0456\u0308",
    "👨‍👩‍👧 👩🏽‍🚀 🏳️‍🌈 🇺🇸🇬🇧🇯 ☺️ ☺ ✊🏿 #️⃣ 1️⃣ 🫠 🥹 e\u20dd \U0001d11e \U0001f1e6", "\u1e9b\u0323 \u017f \u2126 \u212a \u212b \u2163 \u3392 \uff21 \uffe6 \ufdfa \u3250", "a\r\nb\rc\n\rd \r\n\r\n e", "a\u0308\u00a8 \u0308 \u0308a\u0308", "\u0f77 \u0f79 \u0958 \u09dc \u0b5c \u2adc \ufb1f \U0001d15e \U0001d1bb",
    "word " * 40, "λόγος Ὀδυσσεύς μῆνιν ἄειδε θεὰ", "中", "中a", "a中", "中 文", "ー ｰ 〜 ・ ･", "été\u0301", "A" * 30 + "\u0301" * 30, "x\u0301\u0302\u0303\u0304\u0305\u0306", "\u0301", "\u0301\u0302 x", "\u200d\u200d", "🇩", "🇩🇪🇫",
    "the HTTPServer's parseJSONText2 returned iPhone15ProMAX ÀÉÎaéÎ ǅungla Ʃabc αΒΓ ЯяЯ ʰx ªb \u0301A A\u0301b \u0301\u0301 日本AB本ab", "'s 'S 't 'LL 'Re a's A'S 1's 's's ''ll 'ſ 'K é's 日's !'s \n's", "123456789 1 12 123 1234 a1b22c333d4444 ١٢٣٤ ¹²³⁴ ⅠⅡⅢⅣ 1２3",
    "!!! ... ??? --- === /// //\n\n //\r\n/ ./\n/ #\n\n\n  \n x", " !  !   ! \n ! \t! \u00a0! ! a", "\n\n\n   \n  x  \n\n   y \n", "   \r\n\t\r\n   z\r\n   ", "end   ", "end \n ", "a\u3000\u3000b \u2003c\u2003", "\u0345\u0345 \u0345a a\u0345\u0301",
]
rng = random.Random(11)
POOLS = ["abcdefghijklmnopqrstuvwxyz", "ABCDEXYZ", "0123456789", "   ", "\n\t\r ", ".,;:!?'\"-_()/#", "éèüßñçÅøæİıſ", "абвгдёжзЯЖйЙ", "αβγδΩςΣά", "日本語天气好東京", "안녕하세요각", "שלםאב\u05b8", "مرحبا\u064e", "नमस्ते्ि",
         "😀👍🏽❤\ufe0f\u200d🇩🇪", "\u0301\u0308\u0323\u0327", "\u00a0\u2003\u200b\u3000\ufeff\u2028", "½²Ⅷ٣ﬁ①ｆ㎏", "ガｶﾞ\u3099か", "▁\u2581 ", "ǅʰªⓐ"]
for _ in range(50):
    MORE.append("".join("".join(rng.choices(rng.choice(POOLS), k=rng.randint(1, 6))) for _ in range(rng.randint(1, 12))))
ALL = TEXTS + MORE

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN35 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = QWEN.replace(r"\p{N}|", r"\p{N}{1,3}|", 1)


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def golden(tok, texts=ALL):
    lines = []
    for text in texts:
        ids = tok.encode(text).ids
        line = {"ids": ids, "text": tok.decode(ids, skip_special_tokens=False)}
        plain, visible = tok.encode(text, add_special_tokens=False).ids, tok.decode(ids, skip_special_tokens=True)
        if plain != ids:
            line["plain"] = plain
        if visible != line["text"]:
            line["visible"] = visible
        lines.append(line)
    return lines


def save(name, tok, edit=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    data = json.loads(tok.to_str())
    if edit:
        edit(data)
    (folder / "tokenizer.json").write_text(dump(data) + "\n")
    tok = Tokenizer.from_file(str(folder / "tokenizer.json"))
    (folder / "golden.json").write_text("[\n" + ",\n".join(map(dump, golden(tok))) + "\n]\n")


def bytelevel(name, pattern=None, normalizer=None, digits=False, prefix=False, size=560, added=(), post=None, ignore=False, edit=None):
    tok = Tokenizer(models.BPE(ignore_merges=ignore))
    if normalizer:
        tok.normalizer = normalizer
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    if pattern:
        steps.append(pre_tokenizers.Split(Regex(pattern), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=pattern is None))
    tok.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|endoftext|>"]))
    tok.add_tokens(list(added))
    tok.post_processor = post or processors.ByteLevel(trim_offsets=False)
    save(name, tok, edit)


def wordpiece(name, lowercase, strip=None, processor="template"):
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tok.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=strip, lowercase=lowercase)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tok.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=900, special_tokens=special))
    if processor == "template":
        tok.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    else:
        tok.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tok.decoder = decoders.WordPiece(prefix="##", cleanup=lowercase)
    save(name, tok)


def rules():
    """A table of characters like nmt_nfkc's, but only for the characters of the texts: the whole one has 240 KB."""
    table = {}
    for c in sorted({c for t in ALL for c in t if c != "\0"} | {chr(c) for c in range(0xFF01, 0xFFA0)} | {"\u00a0", "\u1e69"}):
        n = unicodedata.normalize("NFKC", c)
        if c in "\t\n\r\u200b\ufeff\u2028\u2029\u3000":
            n = " "
        elif unicodedata.category(c) == "Cc":
            n = ""
        if n != c:
            table[c] = n
    for c in "éèüöäñçåžěřůőȃÀÉ가각ガパ":
        table[unicodedata.normalize("NFD", c)] = c
    table["ｶﾞ"] = "ガ"
    out = "\n".join("\t".join(" ".join(f"{ord(x):X}" for x in side) for side in pair) for pair in table.items())
    path = HERE / "rules.tsv"
    path.write_text(out + "\n")
    return path


def piece_model(name, kind, size=700, **options):
    folder = HERE / "sentencepiece"
    folder.mkdir(exist_ok=True)
    out = io.BytesIO()
    if "normalization_rule_name" not in options:
        options["normalization_rule_tsv"] = str(rules())
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(x.replace("\n", " ") for x in CORPUS * 2), model_writer=out, model_type=kind, vocab_size=size,
                                             hard_vocab_limit=False, minloglevel=2, **options)
    (HERE / "rules.tsv").unlink(missing_ok=True)
    path = folder / f"{name}.model"
    path.write_bytes(out.getvalue())
    sp = sentencepiece.SentencePieceProcessor(model_file=str(path))
    if name.startswith("_"):
        path.unlink()
        return sp
    texts = [t for t in ALL if "<s>" not in t and "</s>" not in t and "<unk>" not in t and "\0" not in t]
    lines = []
    for text in texts:
        ids = sp.encode(text)
        lines.append({"text": text, "ids": ids, "decoded": sp.decode(ids)})
    (folder / f"{name}.json").write_text("[\n" + ",\n".join(map(dump, lines)) + "\n]\n")
    return sp


def tiny(name, kind):
    """A few pieces and rules of a model, for damaging it many times."""
    from sentencepiece import sentencepiece_model_pb2 as pb
    rule = HERE / "rules.tsv"
    rule.write_text("FB01\t66 69\n65 301\tE9\nA0\t20\n")
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["the gulls follow the boats home é ﬁ"] * 4), model_writer=out, model_type=kind, vocab_size=40, hard_vocab_limit=False,
                                             normalization_rule_tsv=str(rule), minloglevel=2)
    rule.unlink()
    proto = pb.ModelProto()
    proto.ParseFromString(out.getvalue())
    proto.ClearField("denormalizer_spec")
    for field in ["input", "model_prefix", "input_format", "accept_language"]:
        proto.trainer_spec.ClearField(field)
    (HERE / "sentencepiece" / f"{name}.model").write_bytes(proto.SerializeToString())


def charsmap(sp):
    from sentencepiece import sentencepiece_model_pb2 as pb
    proto = pb.ModelProto()
    proto.ParseFromString(sp.serialized_model_proto())
    return proto.normalizer_spec.precompiled_charsmap


def unigram(name, sp, normalizer, pre, decoder, byte_fallback=False, post=True, edit=None):
    vocab = [(sp.id_to_piece(i), sp.get_score(i)) for i in range(sp.get_piece_size())]
    tok = Tokenizer(models.Unigram(vocab, unk_id=sp.unk_id(), byte_fallback=byte_fallback))
    tok.normalizer, tok.pre_tokenizer, tok.decoder = normalizer, pre, decoder
    tok.add_special_tokens([AddedToken("<s>", normalized=False), AddedToken("</s>", normalized=False), AddedToken("<unk>", normalized=False), AddedToken("<mask>", lstrip=True, normalized=False)])
    if post:
        tok.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", sp.bos_id()), ("</s>", sp.eos_id())])
    save(name, tok, edit)


def parts():
    """Normalizers and pre-tokenizers by themselves: the vocabulary has just the pieces that come out."""
    N, P = normalizers, pre_tokenizers
    some = MORE[:83] + TEXTS[8:44]
    normal, cut = [], []
    for part in [N.NFC(), N.NFD(), N.NFKC(), N.NFKD(), N.Lowercase(), N.StripAccents(), N.Nmt(), N.Strip(True, False), N.Strip(False, True), N.Prepend("x"), N.Replace(Regex(r" {2,}"), "_"), N.Replace("a", ""),
                 N.Sequence([N.NFKD(), N.StripAccents(), N.Lowercase()]), N.BertNormalizer(True, False, True, False), N.BertNormalizer(False, True, False, True), N.BertNormalizer(True, True, None, True), N.ByteLevel()]:
        shown = some[:100]
        letters = sorted({c for t in shown for c in part.normalize_str(t)})
        tok = Tokenizer(models.BPE({c: i for i, c in enumerate(letters)}, []))
        tok.normalizer = part
        normal.append({"tokenizer": json.loads(tok.to_str()), "ids": [tok.encode(t).ids for t in shown]})
    for part in [P.Whitespace(), P.WhitespaceSplit(), P.Punctuation(), P.Punctuation("contiguous"), P.Punctuation("removed"), P.Digits(True), P.Digits(False), P.CharDelimiterSplit("-"), P.BertPreTokenizer(), P.Metaspace(),
                 P.Metaspace(prepend_scheme="first"), P.Metaspace(replacement="_", prepend_scheme="never"), P.Metaspace(split=False), P.Split(" ", "merged_with_previous"), P.Split(Regex(r"\p{L}+"), "removed", invert=True),
                 P.Split(Regex(r"[aeiou]"), "merged_with_next"), P.Split("", "isolated"), P.FixedLength(length=3), P.Sequence([P.WhitespaceSplit(), P.Metaspace()])]:
        words = sorted({w for t in some for w, _ in part.pre_tokenize_str(t)})
        tok = Tokenizer(models.WordLevel({"?": 0} | {w: i + 1 for i, w in enumerate(words)}, "?"))
        tok.pre_tokenizer = part
        cut.append({"tokenizer": json.loads(tok.to_str()), "ids": [tok.encode(t).ids for t in some]})
    for name, result in [("normalizers", normal), ("pre-tokenizers", cut)]:
        (HERE / f"{name}.json").write_text(dump({"texts": some})[:-1] + ',\n"parts":[\n' + ",\n".join(map(dump, result)) + "\n]}\n")


if __name__ == "__main__":
    (HERE / "more.json").write_text("[\n" + ",\n".join(json.dumps(t) for t in MORE) + "\n]\n")
    wordpiece("bert-uncased", True)
    wordpiece("bert-cased", False, processor="bert")
    spaces = [AddedToken(" " * n, normalized=True, special=False) for n in range(24, 1, -1)]
    bytelevel("neox", normalizer=normalizers.NFC(), added=spaces + [AddedToken("\t\t"), AddedToken("|||IP_ADDRESS|||")])
    bytelevel("qwen2", QWEN, normalizers.NFC(), added=[AddedToken("<|im_start|>", special=True, normalized=False), AddedToken("<tool_call>", normalized=False)])
    bytelevel("qwen3.5", QWEN35, normalizers.NFC())
    bytelevel("o200k", O200K)
    bytelevel("tekken", TEKKEN, ignore=True)
    bytelevel("smollm", digits=True)
    bytelevel("roberta", prefix=True, post=processors.RobertaProcessing(("</s>", 1), ("<s>", 2)), added=[AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    nmt = piece_model("_nmt", "unigram", 650)
    slow = piece_model("_bytes", "unigram", 820, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False)
    metaspace = dict(replacement="▁", prepend_scheme="always")
    precompiled = normalizers.Precompiled(charsmap(nmt))
    unigram("xlm-r", nmt, precompiled, pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(**metaspace)]), decoders.Metaspace(**metaspace))
    unigram("t5", nmt, normalizers.Sequence([precompiled, normalizers.Strip(False, True), normalizers.Replace(Regex(" {2,}"), "▁")]), pre_tokenizers.Metaspace(**metaspace), decoders.Metaspace(**metaspace))
    unigram("albert", nmt, normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), precompiled]),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first"), decoders.Metaspace(replacement="▁", prepend_scheme="first"))
    unigram("unigram-bytes", slow, normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None, decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]),
            byte_fallback=True, post=False)
    parts()
    tiny("tiny-bpe", "bpe")
    tiny("tiny-unigram", "unigram")
    piece_model("unigram", "unigram", 600)
    piece_model("unigram-bytes", "unigram", 800, byte_fallback=True, normalization_rule_name="nmt_nfkc")
    piece_model("bpe", "bpe", 600)
    piece_model("bpe-bytes", "bpe", 800, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True)
    piece_model("bpe-gemma", "bpe", 800, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False, user_defined_symbols=["<mask>", "\n\n", "▁▁", "▁▁▁"])
