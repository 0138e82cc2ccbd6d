"""Records: the fields, their defaults, equality, refusals and pickling of `analyzer.record`."""

from __future__ import annotations

import pickle

import pytest

from analyzer.constructors import _TEMPLATES, constructor
from analyzer.record import Record, field


class Point(Record, eq=True):
    x: int
    y: int = 0

    def check(self) -> None:
        if self.x < 0:
            raise ValueError(f"x must be at least 0, not {self.x}")


class Named(Point):
    name: str = "origin"


class Path(Record, kw_only=True):
    points: list[Point] = field(factory=list)
    closed: bool = False
    length: int = field(init=False)

    def check(self) -> None:
        self.length = len(self.points)


class Positive(Point):
    def check(self) -> None:
        if self.x < 1:
            raise ValueError("x must be at least 1")


def test_fields_by_position_and_by_name() -> None:
    assert (Point(3).x, Point(3).y, Point(y=2, x=1).y) == (3, 0, 2)
    assert repr(Named(1, 2)) == "Named(x=1, y=2, name='origin')"
    with pytest.raises(TypeError, match="x"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Point(1, z=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Path([])  # type: ignore[misc]


def test_a_record_takes_no_other_attribute() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 2  # type: ignore[attr-defined]


def test_each_record_has_a_default_of_its_own() -> None:
    one, other = Path(), Path()
    one.points.append(Point(1))
    assert (len(one.points), len(other.points), other.length) == (1, 0, 0)


def test_equality_is_by_value_where_it_was_asked_for() -> None:
    assert Point(1) == Point(1, 0)
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert Path() != Path()


@pytest.mark.parametrize("made", [Point, Named])
def test_a_wrong_value_is_refused_by_the_constructor(made: type[Point]) -> None:
    with pytest.raises(ValueError, match="x must be at least 0, not -1"):
        made(-1)
    with pytest.raises(ValueError, match="x must be at least 0, not -2"):
        made(1).but(x=-2)


def test_a_subclass_may_refuse_more() -> None:
    assert Point(0).x == 0
    with pytest.raises(ValueError, match="at least 1"):
        Positive(0)


def test_but_copies() -> None:
    path = Path(points=[Point(1)])
    assert path.but(closed=True).points is path.points
    assert (path.closed, path.but(closed=True).closed) == (False, True)


@pytest.mark.parametrize("record", [Point(1, 2), Named(3, name="end")])
def test_a_record_can_be_pickled(record: Point) -> None:
    assert pickle.loads(pickle.dumps(record)) == record


def test_arguments_defaults_factories_and_what_check_sets() -> None:
    class Mixed(Record):
        a: int
        b: int = 2
        c: list[int] = field(factory=list)
        d: int = field(init=False)
        e: int = field(default=7, init=False)

        def check(self) -> None:
            if self.a < 0:
                raise ValueError("negative")
            self.d = self.a + self.b

    for record in (Mixed(1, c=[3]), Mixed(1, 2, [3]), Mixed(c=[3], a=1)):
        assert (record.a, record.b, record.c, record.d, record.e) == (1, 2, [3], 3, 7)
    assert Mixed(1).c == []
    assert Mixed(1).c is not Mixed(1).c
    with pytest.raises(ValueError, match="negative"):
        Mixed(-1)
    for wrong in (lambda: Mixed(), lambda: Mixed(1, 2, [], 4), lambda: Mixed(1, e=1), lambda: Mixed(1, a=1)):  # type: ignore[call-arg, misc]
        with pytest.raises(TypeError, match=r"Mixed\.__init__"):
            wrong()


def test_every_number_of_fields_has_its_template() -> None:
    """Each argument reaches the field of its name, by position and by name."""
    for number in range(len(_TEMPLATES)):
        fields = tuple(f"field_{place}" for place in range(number))
        made = type("Made", (), {"__init__": constructor("Made", fields, defaults={})})
        named = type("Named", (), {"__init__": constructor("Named", fields, defaults={}, kw_only=True)})
        wanted = dict(zip(fields, range(number), strict=True))
        assert vars(made(*range(number))) == vars(made(**wanted)) == vars(named(**wanted)) == wanted
    with pytest.raises(TypeError, match="add a template"):
        constructor("Made", tuple(f"field_{place}" for place in range(len(_TEMPLATES))), defaults={})


def test_a_default_before_a_field_without_one_is_refused() -> None:
    with pytest.raises(TypeError, match="without a default"):
        constructor("Made", ("a", "b"), defaults={"a": 1})
    assert vars(
        type("Made", (), {"__init__": constructor("Made", ("a", "b"), defaults={"a": 1}, kw_only=True)})(b=2)
    ) == {"a": 1, "b": 2}
