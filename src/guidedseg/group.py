"""What every group of params.yaml has in common, and the kinds of numbers in it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The largest values are beyond what anyone means; what they keep out is a zero too many, before hours of work.
Count = Annotated[int, Field(ge=1, le=10**7)]
Epochs = Annotated[int, Field(ge=1, le=100_000)]
Batch = Annotated[int, Field(ge=1, le=65_536)]
Channels = Annotated[int, Field(ge=1, le=8192)]
Devices = Annotated[int, Field(ge=1, le=1024)]
Side = Annotated[int, Field(ge=32, le=8192, multiple_of=32)]  # pixels
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
NonNegative = Annotated[float, Field(ge=0, le=10**6)]
Positive = Annotated[float, Field(gt=0, le=10**6)]
Workers = Annotated[int, Field(ge=0, le=256)]


class Group(BaseModel):
    """A group of keys: unknown keys are errors, and a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
