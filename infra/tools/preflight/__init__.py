"""Checks of an AWS account before the first deployment: see infra/tools/preflight/questions.py."""
