"""Many runs of the pipeline beside each other, each an experiment of DVC."""
