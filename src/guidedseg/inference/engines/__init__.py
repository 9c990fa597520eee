"""What runs a trained network: ONNX Runtime, OpenVINO, torch."""
