"""What ends a training before its last epoch, other than errors. No torch here, since the worker imports it first."""


class StopTrainingError(Exception):
    """Somebody asked for an end; what is worth keeping is saved."""


class NonFiniteError(Exception):
    """A loss or a logit is NaN or infinite: the run has failed."""
