"""python fastai_job.py HYMENOPTERA WEIGHTS frozen|fine-tune [--tuned]: fastai from its folder to its val accuracy.

As its documentation has it: ImageDataLoaders.from_folder, Resize(224), vision_learner, then four epochs: frozen by
fit_one_cycle(4), or fine_tune(4). The weights are the same as ours, and so are the mean and spread they want.
Tuned: persistent workers, one a core, bfloat16 and channels last where the processor has it,
and an allocator that keeps its pages. JSON with the val accuracy. Needs fastai: see `make peers`.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights")
    parser.add_argument("way", choices=("frozen", "fine-tune"))
    parser.add_argument("--tuned", action="store_true")
    args = parser.parse_args()
    if args.tuned:
        keep_pages()
    from fastai.vision.all import ImageDataLoaders, Resize, accuracy, set_seed, vision_learner

    set_seed(0)
    more = {"num_workers": os.cpu_count(), "persistent_workers": True} if args.tuned else {}
    pictures = ImageDataLoaders.from_folder(
        args.folder, train="train", valid="val", item_tfms=Resize(224), **more
    )
    overlay = {"file": args.weights, "mean": (0.5,) * 3, "std": (0.5,) * 3}
    learner = vision_learner(
        pictures, "mobilenetv2_100", metrics=accuracy, pretrained_cfg_overlay=overlay, pad_type="same"
    )
    if args.tuned:
        learner.add_cb(short())
    with learner.no_bar(), learner.no_logging():
        if args.way == "frozen":
            learner.fit_one_cycle(4)
        else:
            learner.fine_tune(4)
        found = float(learner.validate()[1])
    print(json.dumps({"accuracy": found}))
    return 0


def keep_pages() -> None:
    """glibc gives no memory back and maps none apart: pages are not faulted in anew at every step."""
    library = ctypes.CDLL("libc.so.6")
    library.mallopt(-4, 0)  # M_MMAP_MAX
    library.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def short():
    """A callback: layers compute in bfloat16, channels last."""
    import torch
    from fastai.callback.core import Callback

    class Short(Callback):
        def before_fit(self):
            self.learn.model.to(memory_format=torch.channels_last)

        def before_batch(self):
            x = self.learn.xb[0].as_subclass(torch.Tensor).contiguous(memory_format=torch.channels_last)
            self.learn.xb = (x,)
            self.context = torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16())
            self.context.__enter__()

        def after_pred(self):
            self.context.__exit__(None, None, None)
            self.learn.pred = self.learn.pred.float()

        def after_cancel_batch(self):
            self.context.__exit__(None, None, None)

    return Short()


def has_bfloat16() -> bool:
    import torch

    can = torch.cpu.get_capabilities()
    return any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "sve_bf16"))


if __name__ == "__main__":
    raise SystemExit(main())
