window.guidedsegRun = {
  "bundles/unetpp": {
    "md5": "718164480e4da26c3b2469175b837735.dir",
    "commit": "4956f77c9f40abca7be5e4f8901d81c60926cff6",
    "uncommitted changes": "none",
    "started": "2026-11-29 03:10 UTC",
    "finished": "2026-11-29 03:10 UTC",
    "seconds": 1.2,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/detections.csv": {
    "md5": "1bfdd51a1fb9e21fe74616809761de53",
    "commit": "4956f77c9f40abca7be5e4f8901d81c60926cff6",
    "uncommitted changes": "none",
    "started": "2026-11-29 03:10 UTC",
    "finished": "2026-11-29 03:10 UTC",
    "seconds": 1.4,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/inputs/direct": {
    "md5": "d50e8fccc3e989f8d23a7c14130db2e1.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 01:59 UTC",
    "finished": "2026-11-29 01:59 UTC",
    "seconds": 0.4,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/inputs/guided": {
    "md5": "ea5a03aef1583bb7e56683ff398bbfcb.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 01:59 UTC",
    "finished": "2026-11-29 01:59 UTC",
    "seconds": 0.4,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/prepared": {
    "md5": "aa24157eef0a6af7ca0474c46ddeaa97.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 01:57 UTC",
    "finished": "2026-11-29 01:57 UTC",
    "seconds": 1.0,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/raw/phantom": {
    "md5": "c75676d296c2a8f311932a1a9953c5d3.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 01:57 UTC",
    "finished": "2026-11-29 01:57 UTC",
    "seconds": 4.0,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/split.csv": {
    "md5": "c819764467d8cc3be4bee86262f5ce68",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:19 UTC",
    "finished": "2026-11-25 18:19 UTC",
    "seconds": 0.4,
    "threads": 2,
    "gpu": null,
    "machine": {
      "operating system": "Debian GNU/Linux 12 (bookworm), x86_64",
      "processor": "Intel(R) Xeon(R) Processor",
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
    }
  },
  "data/yolo": {
    "md5": "14715a35139c2599df27f98a1690b8fb.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 01:57 UTC",
    "finished": "2026-11-29 01:57 UTC",
    "seconds": 0.3,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "evaluations/unetpp": {
    "md5": "280c42a470e8e460dd927d4f00f5bcde.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 02:01 UTC",
    "finished": "2026-11-29 02:01 UTC",
    "seconds": 1.0,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/detector": {
    "md5": "17becce06cdae1da714d58454c985119.dir",
    "commit": "4956f77c9f40abca7be5e4f8901d81c60926cff6",
    "uncommitted changes": "none",
    "started": "2026-11-29 03:08 UTC",
    "finished": "2026-11-29 03:10 UTC",
    "seconds": 94.8,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/unetpp/direct": {
    "md5": "685bda1e59b4f02b706b24a5953b9c3f.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 01:59 UTC",
    "finished": "2026-11-29 02:00 UTC",
    "seconds": 41.8,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/unetpp/guided": {
    "md5": "514d0af90ac5aaa89dfb5edaa8ec756c.dir",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 02:00 UTC",
    "finished": "2026-11-29 02:01 UTC",
    "seconds": 54.8,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "predictions/unetpp/direct": {
    "md5": "cc0a26b6aa0fb6c968e9652eed3f1393.dir",
    "commit": "4956f77c9f40abca7be5e4f8901d81c60926cff6",
    "uncommitted changes": "none",
    "started": "2026-11-29 03:10 UTC",
    "finished": "2026-11-29 03:10 UTC",
    "seconds": 5.7,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "predictions/unetpp/guided": {
    "md5": "efc4601ec581f986699c0dfdf668c2d4.dir",
    "commit": "4956f77c9f40abca7be5e4f8901d81c60926cff6",
    "uncommitted changes": "none",
    "started": "2026-11-29 03:10 UTC",
    "finished": "2026-11-29 03:10 UTC",
    "seconds": 10.4,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "report/index.html": {
    "md5": "cce59c4df3a0915d2a57cd5b06b151dc",
    "commit": "88e71ffeab9169efc7e2b9a2a6d805c849d67542",
    "uncommitted changes": "none",
    "started": "2026-11-29 02:01 UTC",
    "finished": "2026-11-29 02:01 UTC",
    "seconds": 8.0,
    "threads": 2,
    "gpu": null,
    "machine": {
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  }
};
