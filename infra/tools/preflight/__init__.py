"""What only an account knows, asked before the first deployment: see infra/tools/preflight/questions.py."""
