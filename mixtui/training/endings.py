"""The two ways a training ends before its last epoch that are not accidents. No torch here."""


class StopTrainingError(Exception):
    """Somebody asked for an end; what is worth keeping is saved."""


class NonFiniteError(Exception):
    """A loss or a logit is NaN or infinite: the run has failed."""
