window.guidedsegRun = {
  "bundles/unetpp": {
    "md5": "78d2496103ec871fe52d9070d575fc2a.dir",
    "commit": "a26e0399e7a3d6dd716741590a03e3490a256970",
    "uncommitted changes": "none",
    "started": "2026-11-29 16:45 UTC",
    "finished": "2026-11-29 16:45 UTC",
    "seconds": 1.9,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:40 UTC",
    "finished": "2026-11-29 15:40 UTC",
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
  "data/inputs/direct": {
    "md5": "4a326a401d4630594dd5779dd25a1b57.dir",
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:40 UTC",
    "finished": "2026-11-29 15:40 UTC",
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
    "md5": "a7e74f852792eaa9ab12c07695cf5b05.dir",
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:40 UTC",
    "finished": "2026-11-29 15:40 UTC",
    "seconds": 0.8,
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
    "commit": "83345214eeea79a9d34642f60f2240f490156f3d",
    "uncommitted changes": "none",
    "started": "2026-11-29 16:22 UTC",
    "finished": "2026-11-29 16:22 UTC",
    "seconds": 3.6,
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
    "commit": "83345214eeea79a9d34642f60f2240f490156f3d",
    "uncommitted changes": "none",
    "started": "2026-11-29 16:21 UTC",
    "finished": "2026-11-29 16:22 UTC",
    "seconds": 10.6,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:37 UTC",
    "finished": "2026-11-29 15:37 UTC",
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
  "data/yolo": {
    "md5": "14715a35139c2599df27f98a1690b8fb.dir",
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:37 UTC",
    "finished": "2026-11-29 15:37 UTC",
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
  "evaluations/external/unetpp": {
    "md5": "96ca343281fa20be5580db533e1c5045.dir",
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:44 UTC",
    "finished": "2026-11-29 15:44 UTC",
    "seconds": 1.3,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:43 UTC",
    "finished": "2026-11-29 15:43 UTC",
    "seconds": 2.1,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:38 UTC",
    "finished": "2026-11-29 15:40 UTC",
    "seconds": 143.9,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:37 UTC",
    "finished": "2026-11-29 15:37 UTC",
    "seconds": 4.1,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:40 UTC",
    "finished": "2026-11-29 15:42 UTC",
    "seconds": 82.0,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:42 UTC",
    "finished": "2026-11-29 15:43 UTC",
    "seconds": 85.4,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:43 UTC",
    "finished": "2026-11-29 15:43 UTC",
    "seconds": 6.0,
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
    "commit": "041521ef2a962cac9f09a16f5f5712d202d829b2",
    "uncommitted changes": "none",
    "started": "2026-11-29 15:43 UTC",
    "finished": "2026-11-29 15:43 UTC",
    "seconds": 7.2,
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
    "md5": "d08c8bbadc9999afb53af5e969970e49",
    "commit": "83345214eeea79a9d34642f60f2240f490156f3d",
    "uncommitted changes": "none",
    "started": "2026-11-29 16:22 UTC",
    "finished": "2026-11-29 16:22 UTC",
    "seconds": 15.5,
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
