# The proofs that take longer than the tests. `python3 start.py --check` sets up .venv and runs the tests.
PYTHON ?= .venv/bin/python
MINUTES ?= 10

.PHONY: fuzz kills load
fuzz: # damaged files and texts through everything that reads, for MINUTES
	$(PYTHON) benchmarks/fuzz.py $(MINUTES)

kills: # kill -9 at random moments, of single runs and of batches
	$(PYTHON) benchmarks/kills.py 200
	$(PYTHON) benchmarks/batch.py kills 20

load: # 500 clips in one run, and two hours in one clip: memory and open files
	$(PYTHON) benchmarks/load.py 500 120
