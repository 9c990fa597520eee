window.guidedsegRun = {
  "bundles/unetpp": {
    "md5": "77914f69abb485f40584927725ced270.dir",
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:11 UTC",
    "finished": "2026-11-29 10:11 UTC",
    "seconds": 1.4,
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
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:04 UTC",
    "finished": "2026-11-29 10:04 UTC",
    "seconds": 1.7,
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
    "commit": "b48ca0ef9da3ee3b4f1ef8ed2d8e24afde0c8ce5",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:23 UTC",
    "finished": "2026-11-29 10:23 UTC",
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
      "onnx": "1.23.2",
      "onnxruntime": "1.32.0",
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "evaluations/unetpp": {
    "md5": "9422a66095f6305a6c58aefa6cb3d6c0.dir",
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:11 UTC",
    "finished": "2026-11-29 10:11 UTC",
    "seconds": 1.7,
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
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:01 UTC",
    "finished": "2026-11-29 10:03 UTC",
    "seconds": 128.9,
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
    "commit": "b48ca0ef9da3ee3b4f1ef8ed2d8e24afde0c8ce5",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:23 UTC",
    "finished": "2026-11-29 10:23 UTC",
    "seconds": 3.2,
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
    "md5": "1d87d3d0ec1a5b163416ee90973dfe63.dir",
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:04 UTC",
    "finished": "2026-11-29 10:08 UTC",
    "seconds": 239.2,
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
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:08 UTC",
    "finished": "2026-11-29 10:10 UTC",
    "seconds": 158.6,
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
    "md5": "f3aa07eabde339c3c15baa1ea0b7114a.dir",
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:10 UTC",
    "finished": "2026-11-29 10:10 UTC",
    "seconds": 4.6,
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
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:11 UTC",
    "finished": "2026-11-29 10:11 UTC",
    "seconds": 8.2,
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
    "md5": "a7782896d5d587c08472b006b78c4e23",
    "commit": "9b3b8f9a549846d065cd7613cb68770f7b9c662c",
    "uncommitted changes": "none",
    "started": "2026-11-29 10:11 UTC",
    "finished": "2026-11-29 10:11 UTC",
    "seconds": 12.4,
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
