"""Code that every route may use; it ships as a Lambda layer and never imports from `functions/`."""

from shared.runtime import cold_start

cold_start.begin()  # before any library is imported, so this package comes first in every module

__version__ = "0.1.0"
