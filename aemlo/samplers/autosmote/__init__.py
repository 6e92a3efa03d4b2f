"""AutoSMOTE: a composition of learned decisions. Its network is imported when used."""

from aemlo.samplers.autosmote.sampler import AutoSMOTECohort, AutoSMOTESelf

__all__ = ["AutoSMOTECohort", "AutoSMOTESelf"]
