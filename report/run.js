window.guidedsegRun = {
  "data/detections.csv": {
    "md5": "9881ae1723f9363a4735a589eac5aa5a",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:20 UTC",
    "finished": "2026-11-25 18:20 UTC",
    "seconds": 4.4,
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
  "data/inputs/direct": {
    "md5": "d50e8fccc3e989f8d23a7c14130db2e1.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:20 UTC",
    "finished": "2026-11-25 18:20 UTC",
    "seconds": 0.5,
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
  "data/inputs/guided": {
    "md5": "c6804812e3a685be49010628a1b93758.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:20 UTC",
    "finished": "2026-11-25 18:20 UTC",
    "seconds": 0.5,
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
  "data/prepared": {
    "md5": "aa24157eef0a6af7ca0474c46ddeaa97.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:19 UTC",
    "finished": "2026-11-25 18:19 UTC",
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
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "data/raw/phantom": {
    "md5": "c75676d296c2a8f311932a1a9953c5d3.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:19 UTC",
    "finished": "2026-11-25 18:19 UTC",
    "seconds": 4.2,
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
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:19 UTC",
    "finished": "2026-11-25 18:19 UTC",
    "seconds": 0.2,
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
  "evaluations/unetpp": {
    "md5": "00a8e0e888dd213bce1b3b152bbe761a.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:22 UTC",
    "finished": "2026-11-25 18:22 UTC",
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
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "models/detector": {
    "md5": "901bd371b9543f6f443402af35f7e0c5.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:19 UTC",
    "finished": "2026-11-25 18:20 UTC",
    "seconds": 85.3,
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
  "models/unetpp/direct": {
    "md5": "cc11b7b4d2b7e21f89b076b4fb62e368.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:20 UTC",
    "finished": "2026-11-25 18:21 UTC",
    "seconds": 41.8,
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
  "models/unetpp/guided": {
    "md5": "351fe0c295dd313a4b31fac9d6221831.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:21 UTC",
    "finished": "2026-11-25 18:22 UTC",
    "seconds": 55.1,
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
  "predictions/unetpp/direct": {
    "md5": "4dfa5af3b7917d837703e3733d532849.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:22 UTC",
    "finished": "2026-11-25 18:22 UTC",
    "seconds": 4.0,
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
  "predictions/unetpp/guided": {
    "md5": "2fb94a739578ea914067b98c520d7ef0.dir",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:22 UTC",
    "finished": "2026-11-25 18:22 UTC",
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
      "dvc": "3.67.1",
      "numpy": "2.4.6"
    }
  },
  "report/index.html": {
    "md5": "3c1f116f4e53265abfe273cd13411eb9",
    "commit": "d9614ad1ab19cce6f99fd5b5757bf395acf0acf7",
    "uncommitted changes": "none",
    "started": "2026-11-25 18:22 UTC",
    "finished": "2026-11-25 18:23 UTC",
    "seconds": 8.5,
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
  }
};
