"""Study in a terminal how mixup training changes the calibration of image classifiers."""

__version__ = "0.1.0"
