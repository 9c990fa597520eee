window.guidedsegRun = {
  "run": {
    "commit": "a4a8d99936fdd3c254205445ce42104d850afccf",
    "uncommitted changes": "dvc.yaml, src/guidedseg/experiments.py, src/guidedseg/reporting/cases.py, src/guidedseg/reporting/figures/boxes.py, src/guidedseg/reporting/figures/failures.py, [...]",
    "operating system": "Debian GNU/Linux 12 (bookworm), x86_64",
    "processor": "AMD EPYC",
    "cores": "2",
    "memory": "24 GiB"
  },
  "versions": {
    "python": "3.11.7",
    "guidedseg": "0.1.0",
    "torch": "2.15.0",
    "torchvision": "0.29.2",
    "ultralytics": "8.4.190",
    "segmentation-models-pytorch": "0.6.0",
    "timm": "1.0.31",
    "albumentations": "2.0.8",
    "lightning": "2.6.6",
    "dvc": "3.67.1",
    "numpy": "2.4.6"
  },
  "durations": {
    "acquire@phantom": "4.1 s, 2 threads, finished 2026-11-23 02:32 UTC",
    "prepare": "1.4 s, 2 threads, finished 2026-11-23 02:32 UTC",
    "split": "0.5 s, 2 threads, finished 2026-11-23 02:32 UTC",
    "yolo_labels": "0.5 s, 2 threads, finished 2026-11-23 02:32 UTC",
    "train_detector": "1 min 22 s, 2 threads, finished 2026-11-23 02:34 UTC",
    "detect": "5.3 s, 2 threads, finished 2026-11-23 02:34 UTC",
    "frames": "0.8 s, 2 threads, finished 2026-11-23 02:34 UTC",
    "crop_rois": "0.6 s, 2 threads, finished 2026-11-23 02:34 UTC",
    "train_segmenter@unetpp-direct": "47.0 s, 2 threads, finished 2026-11-23 02:35 UTC",
    "train_segmenter@unetpp-guided": "1 min 18 s, 2 threads, finished 2026-11-23 02:36 UTC",
    "predict@unetpp-direct": "8.4 s, 2 threads, finished 2026-11-23 02:36 UTC",
    "predict@unetpp-guided": "8.1 s, 2 threads, finished 2026-11-23 02:37 UTC",
    "evaluate@unetpp": "1.8 s, 2 threads, finished 2026-11-23 02:37 UTC"
  },
  "digests": {
    "acquire@phantom": "f51b34c04bc46378",
    "prepare": "e69604a71e14669e",
    "split": "0340cd1dfc839545",
    "yolo_labels": "8baca5af1c470f50",
    "train_detector": "d3cd7f0571f27440",
    "detect": "8b8c2a76757925bc",
    "frames": "a763f1cef0b18156",
    "crop_rois": "ef05e69714830455",
    "train_segmenter@unetpp-direct": "0364552b41583c1f",
    "train_segmenter@unetpp-guided": "afae9ca101a42465",
    "predict@unetpp-direct": "169a35fc7f062ef1",
    "predict@unetpp-guided": "11b59d2e9cfc846e",
    "evaluate@unetpp": "9962cd149431fbc5"
  }
};
