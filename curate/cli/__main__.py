"""`python -m curate.cli`, as `accelerate launch -m` and `torchrun -m` call it."""

from curate.cli import main

if __name__ == "__main__":
    main()
