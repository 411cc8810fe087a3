"""What every route may use; it ships as a Lambda layer and never imports from `functions/`."""

__version__ = "0.1.0"
