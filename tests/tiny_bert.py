"""A random BERT of 2 layers and 32 columns, as a repository of the hub would hold it."""

import io
import json

WORDS = "gout toe asthma lung attack of the query passage : a b c d e f g".split()


def plain_bert(folder, seed=0, own_words=WORDS, length=16):
    """Save model and tokenizer, without modules of sentence-transformers, into `folder`, and return it."""
    import torch
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *own_words]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    about = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": length}
    (folder / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    torch.manual_seed(seed)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    model = BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=length, **sizes))
    model.save_pretrained(folder)
    return folder


def pickled_weights(folder):
    """The folder's weights in the older form, as bytes of pytorch_model.bin."""
    import torch
    from safetensors.torch import load_file

    stream = io.BytesIO()
    torch.save(load_file(folder / "model.safetensors"), stream)
    return stream.getvalue()


def files(folder):
    """The files of a folder, name to bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
