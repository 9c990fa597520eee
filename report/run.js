window.guidedsegRun = {
  "bundles/unetpp": {
    "md5": "bf82caf4387f02aa2e6b72662b2bcd33.dir",
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:25 UTC",
    "finished": "2026-11-29 23:25 UTC",
    "seconds": 2.0,
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
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
    "seconds": 1.2,
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
    "commit": "3016e5c0e83cd9d66364f78022f2a95c28955153",
    "uncommitted changes": "none",
    "started": "2026-11-29 20:11 UTC",
    "finished": "2026-11-29 20:11 UTC",
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
  "data/inputs/guided": {
    "md5": "a7e74f852792eaa9ab12c07695cf5b05.dir",
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
    "seconds": 0.7,
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
    "commit": "0b8ffa74dbf01883e614941150339a24b347203f",
    "uncommitted changes": "none",
    "started": "2026-11-29 20:49 UTC",
    "finished": "2026-11-29 20:49 UTC",
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
  "data/raw/phantom": {
    "md5": "c75676d296c2a8f311932a1a9953c5d3.dir",
    "commit": "6d211da7309b9618a7fb0b72170d603c7c8a1e8f",
    "uncommitted changes": "none",
    "started": "2026-11-29 19:26 UTC",
    "finished": "2026-11-29 19:26 UTC",
    "seconds": 6.5,
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
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
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
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
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
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
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
    "commit": "6d211da7309b9618a7fb0b72170d603c7c8a1e8f",
    "uncommitted changes": "none",
    "started": "2026-11-29 19:26 UTC",
    "finished": "2026-11-29 19:29 UTC",
    "seconds": 131.2,
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
    "commit": "6d211da7309b9618a7fb0b72170d603c7c8a1e8f",
    "uncommitted changes": "none",
    "started": "2026-11-29 19:26 UTC",
    "finished": "2026-11-29 19:26 UTC",
    "seconds": 3.1,
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
    "md5": "4788c0f19775fb4441316e797910ea55.dir",
    "commit": "3016e5c0e83cd9d66364f78022f2a95c28955153",
    "uncommitted changes": "none",
    "started": "2026-11-29 20:11 UTC",
    "finished": "2026-11-29 20:13 UTC",
    "seconds": 130.5,
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
    "md5": "6ab0054d6997374f62154e76386a80e4.dir",
    "commit": "3016e5c0e83cd9d66364f78022f2a95c28955153",
    "uncommitted changes": "none",
    "started": "2026-11-29 20:13 UTC",
    "finished": "2026-11-29 20:14 UTC",
    "seconds": 88.2,
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
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
    "seconds": 5.5,
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
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:24 UTC",
    "seconds": 6.1,
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
    "md5": "a9e8828e627752888cc98276a9a2e2f2",
    "commit": "df2f2fe7c7ce25dd2a5c2c44bb89fe82019bda2c",
    "uncommitted changes": "none",
    "started": "2026-11-29 23:24 UTC",
    "finished": "2026-11-29 23:25 UTC",
    "seconds": 14.1,
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
