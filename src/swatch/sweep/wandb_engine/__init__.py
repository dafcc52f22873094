"""W&B's own engine: the server chooses the points and stops runs, and we train.

Two programs ask it for work. ``wandb agent`` starts ``scripts/train.py`` anew for every run and says what to
train on the command line (:mod:`.command_line`, :mod:`.environment`). ``swatch sweep --engine wandb`` speaks
the agents' protocol itself (:mod:`.protocol`) and hands each run to a warm process (:mod:`.worker`). Both
turn the values that the server chose into the same overrides (:mod:`.point`).
"""
