"""A model as one file: a line that says what it is, then plain arrays. Nothing in it is executed.

TONGXIN-TOPICS 1 <SHA-256 of the rest>\\n
<JSON header: labels, figures, sharpness, …>\\n
<the arrays, as NumPy's .npz>
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from .topics import Model, ModelBroken

MAGIC = b"TONGXIN-TOPICS"
VERSION = 1
MOST_BYTES = 400 * 1024 * 1024


def save_model(model: Model, path: str | os.PathLike[str]) -> str:
    """Write a model, whole or not at all; return the SHA-256 of the file."""
    header = {
        "labels": model.labels,
        "sharpness": model.sharpness,
        "figures": model.figures,
    }
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        names=np.frombuffer("\n".join(model.names).encode(), dtype=np.uint8),
        rarity=model.rarity.astype(np.float32),
        weights=model.weights.astype(np.float16),
        bias=model.bias.astype(np.float32),
    )
    rest = json.dumps(header, ensure_ascii=False).encode() + b"\n" + arrays.getvalue()
    whole = b"%s %d %s\n" % (MAGIC, VERSION, sha256(rest).hexdigest().encode()) + rest
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(whole)
    beside.replace(target)
    return sha256(whole).hexdigest()


def load_model(path: str | os.PathLike[str], *, digest: str = "") -> Model:
    """Read a model. With `digest`, only the very file whose SHA-256 that is.

    :raises ModelBroken: if the file is missing, damaged, of another version, or not that one
    """
    name = Path(path).name
    try:
        size = Path(path).stat().st_size
        whole = Path(path).read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise ModelBroken(f"模型文件“{name}”读不到，请重新训练或换一个文件") from error
    first, _, rest = whole.partition(b"\n")
    kind, _, tail = first.partition(b" ")
    version, _, told = tail.partition(b" ")
    if kind != MAGIC:
        raise ModelBroken(f"“{name}”不是同心的文本模型文件")
    if version != str(VERSION).encode():
        raise ModelBroken(f"“{name}”是别的版本的模型，请用本版本重新训练")
    if sha256(rest).hexdigest().encode() != told:
        raise ModelBroken(f"模型文件“{name}”已损坏（指纹不符），请重新训练或从备份恢复")
    if digest and sha256(whole).hexdigest() != digest:
        raise ModelBroken(f"模型文件“{name}”与登记的指纹不符，可能被换过，没有使用")
    try:
        return _model(rest)
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, EOFError) as error:
        raise ModelBroken(f"模型文件“{name}”里的内容不完整，请重新训练") from error


def _model(rest: bytes) -> Model:
    line, _, body = rest.partition(b"\n")
    header: dict[str, Any] = json.loads(line)
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        model = Model(
            labels=[str(label) for label in header["labels"]],
            names=arrays["names"].tobytes().decode().split("\n"),
            rarity=arrays["rarity"],
            weights=arrays["weights"],
            bias=arrays["bias"],
            sharpness=float(header["sharpness"]),
            figures=dict(header["figures"]),
        )
    shape = (len(model.names), len(model.labels))
    if model.weights.shape != shape or model.rarity.shape != shape[:1]:
        raise ValueError("arrays do not fit each other")
    if model.bias.shape != shape[1:]:
        raise ValueError("bias does not fit the labels")
    return model
