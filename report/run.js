window.guidedsegRun = {
  "bundles/unetpp": {
    "md5": "74ec079256bc2f06275da658c691e28a.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:29 UTC",
    "finished": "2026-11-29 12:29 UTC",
    "seconds": 1.6,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/detections.csv": {
    "md5": "514d181af3c36fce7777f20af11ea8da",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:26 UTC",
    "finished": "2026-11-29 12:26 UTC",
    "seconds": 1.1,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/inputs/direct": {
    "md5": "29e29c97dd0d8b29c5e03ff9b86c3834.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:26 UTC",
    "finished": "2026-11-29 12:26 UTC",
    "seconds": 0.9,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/inputs/guided": {
    "md5": "b53dafb716cdedfded88f838c8198ee9.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:26 UTC",
    "finished": "2026-11-29 12:26 UTC",
    "seconds": 0.6,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/prepared": {
    "md5": "b1079652c080233f7c3b00af9ef3430c.dir",
    "commit": "adb56d8bffc8cfbdc22c7939e82f1d6d07399e6d",
    "uncommitted changes": "src/guidedseg/datasets/acquiring.py, src/guidedseg/datasets/reading.py, src/guidedseg/datasets/telling.py, src/guidedseg/reporting/external_test.py, [...]",
    "started": "2026-11-29 13:38 UTC",
    "finished": "2026-11-29 13:38 UTC",
    "seconds": 2.4,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/raw/phantom": {
    "md5": "c75676d296c2a8f311932a1a9953c5d3.dir",
    "commit": "adb56d8bffc8cfbdc22c7939e82f1d6d07399e6d",
    "uncommitted changes": "src/guidedseg/datasets/acquiring.py, src/guidedseg/datasets/reading.py, src/guidedseg/datasets/telling.py, src/guidedseg/reporting/external_test.py, [...]",
    "started": "2026-11-29 13:38 UTC",
    "finished": "2026-11-29 13:38 UTC",
    "seconds": 7.0,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/split.csv": {
    "md5": "c819764467d8cc3be4bee86262f5ce68",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:23 UTC",
    "finished": "2026-11-29 12:23 UTC",
    "seconds": 0.6,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/yolo": {
    "md5": "14715a35139c2599df27f98a1690b8fb.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:23 UTC",
    "finished": "2026-11-29 12:23 UTC",
    "seconds": 0.6,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "evaluations/external/unetpp": {
    "md5": "96ca343281fa20be5580db533e1c5045.dir",
    "commit": "adb56d8bffc8cfbdc22c7939e82f1d6d07399e6d",
    "uncommitted changes": "src/guidedseg/datasets/acquiring.py, src/guidedseg/datasets/reading.py, src/guidedseg/datasets/telling.py, src/guidedseg/reporting/external_test.py, [...]",
    "started": "2026-11-29 13:38 UTC",
    "finished": "2026-11-29 13:38 UTC",
    "seconds": 1.0,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "evaluations/unetpp": {
    "md5": "93415f3424ccb00f8fe42140177ed8a1.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:28 UTC",
    "finished": "2026-11-29 12:28 UTC",
    "seconds": 1.5,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/detector": {
    "md5": "9ceb690fa3e4a55c06f577b1d895fcf8.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:24 UTC",
    "finished": "2026-11-29 12:26 UTC",
    "seconds": 115.5,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/pretrained": {
    "md5": "8c72641f858cd3895d3a3d2fa53d78f1.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:24 UTC",
    "finished": "2026-11-29 12:24 UTC",
    "seconds": 3.5,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/unetpp/direct": {
    "md5": "9f8bd4c71860f9f661ed2de22fea8448.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:26 UTC",
    "finished": "2026-11-29 12:27 UTC",
    "seconds": 69.7,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/unetpp/guided": {
    "md5": "5fc3b643e4fe8348b9fb0ab74e236b16.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:27 UTC",
    "finished": "2026-11-29 12:28 UTC",
    "seconds": 62.4,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "predictions/unetpp/direct": {
    "md5": "a75db3b192a306da5c26ffd7141f31e4.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:28 UTC",
    "finished": "2026-11-29 12:28 UTC",
    "seconds": 4.9,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "predictions/unetpp/guided": {
    "md5": "33ba4ea14d9c45c6c6d956e63ca723eb.dir",
    "commit": "dfea53ec436ffc3f6c2e1acd3a183ef21ac319ca",
    "uncommitted changes": "none",
    "started": "2026-11-29 12:28 UTC",
    "finished": "2026-11-29 12:28 UTC",
    "seconds": 4.5,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "report/index.html": {
    "md5": "68be2f1e40e3a82b36303f6cc61889f2",
    "commit": "adb56d8bffc8cfbdc22c7939e82f1d6d07399e6d",
    "uncommitted changes": "src/guidedseg/datasets/acquiring.py, src/guidedseg/datasets/reading.py, src/guidedseg/datasets/telling.py, src/guidedseg/reporting/external_test.py, [...]",
    "started": "2026-11-29 13:38 UTC",
    "finished": "2026-11-29 13:39 UTC",
    "seconds": 13.6,
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  }
};
