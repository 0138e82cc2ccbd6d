"""Sizes on the axes of a volume: a parameter for each axis, a volume that must have axes, the limit of a volume.

Sources: the language, "Axes" and "Limits".
"""

from __future__ import annotations

from analyzer.diagnostics import Reason, Refusal
from analyzer.volume import AXES, LARGEST, Volume, pretty_sizes


def effective(kernel: int, dilation: int) -> int:
    """F_eff: the cells a dilated kernel spans."""
    return dilation * (kernel - 1) + 1


def per_axis(value: int | tuple[int, ...], rank: int, parameter: str) -> tuple[int, ...]:
    """A size parameter for each of `rank` spatial axes; one number is for all of them."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise wrong_rank(parameter, len(value), rank)
    return value


def times(value: int | tuple[int, ...]) -> str:
    """A size parameter as written: `3`, `3×5`."""
    return str(value) if isinstance(value, int) else pretty_sizes(value)


def signed(number: int) -> str:
    """A number with a true minus sign."""
    return str(number).replace("-", "−")


def wrong_rank(parameter: str, given: int, rank: int) -> Refusal:
    """The refusal of a parameter with sizes for another number of axes."""
    axes = ", ".join(AXES[rank])
    where = f"a {rank}-D volume ({axes})" if rank else "a vector, which has no spatial axis"
    numbers = "1 number" if given == 1 else f"{given} numbers"
    return Refusal(
        f"`{parameter}` of {{layer}} has {numbers}, but its input is {where}",
        code="SHAPE203",
        parameter=parameter,
        help=f"write one number for all axes, or {rank}" if rank else None,
        reason=Reason.OTHER_AXES,
    )


def needs_axes(volume: Volume, what: str) -> None:
    """Refuses a vector for a layer that needs spatial axes; `what` says what for."""
    if not volume.spatial:
        raise Refusal(
            f"{{layer}} {what} spatial axes, but its input is a vector of {volume.depth}",
            code="SHAPE205",
            help="`reshape` gives a vector axes",
            reason=Reason.OTHER_AXES,
        )


def nearest_divisor(number: int, wanted: int) -> int:
    """The divisor of `number`, 4,096 at most, that is nearest to `wanted`; the smaller of two.

    >>> nearest_divisor(64, 3), nearest_divisor(64, 20)
    (2, 16)
    """
    divisors = (one for one in range(1, min(number, 4096) + 1) if number % one == 0)
    return min(divisors, key=lambda one: abs(one - wanted))


def checked(volume: Volume) -> Volume:
    """`volume`, unless an axis or its size is beyond the limit."""
    if volume.size > LARGEST or any(size > LARGEST for size in volume.sizes):
        raise Refusal(
            f"{{layer}} would put out {volume.pretty()}, more than the 10^15 elements that a volume may have",
            code="LIMIT104",
        )
    return volume
