"""Networks that outline what a box is around: Segment Anything and its kin, with weights that are given."""

import guidedseg.detection.yolo  # noqa: F401 - what Ultralytics is told before any of it is imported
