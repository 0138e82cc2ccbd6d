"""The recipe of docs/testing.md for Optuna: what is over its budget is pruned before its module is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import recipes

from analyzer.testing import assert_budget

pytest.importorskip("torch", reason="torch is not installed: the recipe for Optuna is not run")
optuna = pytest.importorskip("optuna", reason="optuna is not installed: its recipe is not run")

pytestmark = pytest.mark.peer

RECIPE = recipes.FILES["with_optuna.py"]
SAMPLER = "sampler = optuna.samplers.TPESampler(constraints_func=constraints, seed=0)\n"
#: What the page says of Optuna 5, and where it belongs.
SET = "for key, by in over.items(): trial.set_constraint(key, by)"
BEFORE = "    if not variant.fits:\n"

NEW = pytest.mark.skipif(not hasattr(optuna.Trial, "set_constraint"), reason="this Optuna has no `set_constraint`")


class Watched:
    """The recipe, run in a folder, with what it builds and trains."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = RECIPE) -> None:
        (folder / "search.yaml").write_text(recipes.FILES["search.yaml"], encoding="utf-8")
        monkeypatch.chdir(folder)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        watched = text.replace("    return train(build(**chosen))\n", "    return watch(chosen, train, build)\n")
        assert watched != text
        self.trained: list[tuple[dict[str, int], int]] = []
        self.names: dict[str, Any] = {"watch": self.watch}
        exec(compile(watched, "with_optuna.py", "exec"), self.names)

    def watch(self, chosen: dict[str, int], train: Any, build: Any) -> float:
        module = build(**chosen)
        self.trained.append((chosen, sum(each.numel() for each in module.parameters())))
        accuracy: float = train(module)
        return accuracy


def keeps_its_budget(chosen: dict[str, int], limits: dict[str, int]) -> bool:
    """The verdict of `analyzer check`."""
    try:
        assert_budget("search.yaml", set=chosen, **limits)
    except AssertionError:
        return False
    return True


def judged(watched: Watched, study: Any) -> None:
    """Every trial was pruned or trained as analyzer judges it, and what was trained costs what analyzer says."""
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    pruned = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.PRUNED]
    assert len(complete) + len(pruned) == len(study.trials), "no trial failed"
    assert complete
    assert pruned, "the study never met the budget"
    limits = watched.names["LIMITS"]
    assert all(keeps_its_budget(trial.params, limits) for trial in complete)
    assert not any(keeps_its_budget(trial.params, limits) for trial in pruned)
    assert [chosen for chosen, _ in watched.trained] == [trial.params for trial in complete]
    assert [parameters for _, parameters in watched.trained] == [
        trial.user_attrs["amounts"]["params"] for trial in complete
    ]
    for trial in study.trials:
        values = constraints(trial)
        assert len(values) == len(limits)
        assert (max(values) <= 0) == (trial in complete), "Optuna calls feasible what analyzer does"


def constraints(trial: Any) -> list[float]:
    """What Optuna keeps of a trial's constraints; before version 5 only its samplers read them."""
    return list(trial.constraints.values() if hasattr(trial, "constraints") else trial.system_attrs["constraints"])


def test_the_recipe_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line prints the best trial: a network of d convolutions has 10·w + (d − 1)·9·w² + … parameters."""
    watched = Watched(tmp_path, monkeypatch)
    study = watched.names["study"]
    assert len(study.trials) == 40
    judged(watched, study)
    width, depth = study.best_trial.params["width"], study.best_trial.params["depth"]
    parameters = (9 + 1) * width + (depth - 1) * (9 * width + 1) * width + (width + 1) * 10
    assert capsys.readouterr().out == f"{study.best_trial.params} {parameters}\n"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("sampler", ["TPESampler", "NSGAIISampler"])
def test_nothing_over_its_budget_is_trained(
    sampler: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = f"sampler = optuna.samplers.{sampler}(constraints_func=constraints, seed={seed})\n"
    watched = Watched(tmp_path, monkeypatch, RECIPE.replace(SAMPLER, kept))
    assert type(watched.names["study"].sampler).__name__ == sampler
    judged(watched, watched.names["study"])


@pytest.mark.parametrize(
    ("width", "depth", "broken"),
    [
        (16, 6, []),  # 160 + 5 · 2,320 + 170 = 11,930 parameters; 4 · (2 · 784 · 6 · 16 + 2 · 16 + 10) bytes, 588 KiB
        (17, 6, ["activation_memory"]),  # 170 + 5 · 2,618 + 180 = 13,440; 625 KiB
        (47, 2, ["params"]),  # 470 + 19,928 + 480 = 20,878; 576 KiB
        (64, 6, ["params", "activation_memory"]),
    ],
)
def test_each_limit_prunes(
    width: int, depth: int, broken: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch)
    watched.trained.clear()
    trial = optuna.trial.FixedTrial({"width": width, "depth": depth})
    if broken:
        with pytest.raises(optuna.TrialPruned, match=r"breaks \["):
            watched.names["objective"](trial)
    else:
        watched.names["objective"](trial)
    assert [key for key, by in trial.user_attrs["over"].items() if by > 0] == broken
    assert len(watched.trained) == (not broken)


def test_what_is_no_network_is_pruned_and_the_study_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of 4 divide only every fourth width."""
    monkeypatch.setitem(
        recipes.FILES,
        "search.yaml",
        recipes.FILES["search.yaml"].replace("- global_avg_pool", "- group_norm: 4\n  - global_avg_pool"),
    )
    watched = Watched(tmp_path, monkeypatch)
    trials = watched.names["study"].trials
    assert len(trials) == 40
    trained = [trial.params["width"] for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE]
    assert trained
    assert any(trial.user_attrs["amounts"] == {} for trial in trials)
    assert all(width % 4 == 0 for width in trained)
    assert [chosen["width"] for chosen, _ in watched.trained] == trained


def test_two_objectives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NSGA-II with several generations, for the accuracy and the fewest MACs: the front keeps the budget too."""
    watched = Watched(tmp_path, monkeypatch)
    watched.trained.clear()

    def objective(trial: Any) -> tuple[float, int]:
        return watched.names["objective"](trial), trial.user_attrs["amounts"]["macs"]

    sampler = optuna.samplers.NSGAIISampler(population_size=8, constraints_func=watched.names["constraints"], seed=0)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    study.optimize(objective, n_trials=60)
    judged(watched, study)
    assert study.best_trials
    assert all(keeps_its_budget(trial.params, watched.names["LIMITS"]) for trial in study.best_trials)


@NEW
@pytest.mark.parametrize("sampler", ["TPESampler", "NSGAIISampler"])
def test_with_the_constraints_of_optuna_5(
    sampler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    assert SET in " ".join(recipes.TEXT.split())
    text = RECIPE.replace(SAMPLER, f"sampler = optuna.samplers.{sampler}(seed=0)\n")
    text = text.replace(BEFORE, f"    {SET}\n{BEFORE}")
    assert text.count("set_constraint") == 1
    watched = Watched(tmp_path, monkeypatch, text)
    judged(watched, watched.names["study"])
    assert not [warning for warning in recwarn if issubclass(warning.category, FutureWarning)]


def test_tpe_learns_from_what_was_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all accuracies are equal it prunes less than NSGA-II, which learns only from what was trained."""
    text = RECIPE.replace("n_trials=40", "n_trials=100").replace("return (module(", "return 1.0 or (module(")
    pruned = dict.fromkeys(("TPESampler", "NSGAIISampler"), 0)
    for sampler in pruned:
        for seed in range(2):
            kept = f"sampler = optuna.samplers.{sampler}(constraints_func=constraints, seed={seed})\n"
            watched = Watched(tmp_path, monkeypatch, text.replace(SAMPLER, kept))
            pruned[sampler] += 100 - len(watched.trained)
    assert pruned["TPESampler"] < 0.8 * pruned["NSGAIISampler"], pruned
