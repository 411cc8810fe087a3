import random

touched_by = []
chosen = random.Random().random()
