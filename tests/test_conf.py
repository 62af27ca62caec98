from pathlib import Path

import pytest
from django.test import override_settings

from recommendations.conf import OPTIONS, problems, settings, store_dir


def test_defaults_are_in_range():
    given = {name: option.default for name, option in OPTIONS.items()} | {"CATALOGUE": "shop.catalogue.ShopCatalogue"}
    assert problems(given) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CATALOGUE", "plain"),
        ("CATALOGUE", None),
        ("CONSENT", "never"),
        ("BASKET_CAP", 1),
        ("BASKET_CAP", 100.0),
        ("BASKET_CAP", True),
        ("MIN_RULE_SHOPPERS", 1),
        ("STORE_DIR", 5),
        ("VISITOR_COOKIE", "a b"),
    ],
)
def test_a_value_out_of_range_is_named_with_what_is_allowed(name, value):
    (found,) = problems({"CATALOGUE": "shop.catalogue.ShopCatalogue", name: value})
    assert found.startswith(f"{name} must be")
    assert found.endswith(f"not {value!r}")


def test_an_unknown_setting_is_named():
    assert problems({"CATALOGUE": "a.b", "BASKET_CUP": 5}) == [
        "BASKET_CUP is no setting of RECOMMENDATIONS: did you mean BASKET_CAP?"
    ]
    assert problems({"CATALOGUE": "a.b", "XYZ": 5}) == ["XYZ is no setting of RECOMMENDATIONS"]
    assert problems([]) == ["RECOMMENDATIONS must be a dict"]


def test_settings_are_read_lazily_and_again_after_a_change():
    with override_settings(RECOMMENDATIONS={"BASKET_CAP": 7}):
        assert settings.BASKET_CAP == 7
        with override_settings(RECOMMENDATIONS={}):
            assert settings.BASKET_CAP == 100
        assert settings.BASKET_CAP == 7
    with pytest.raises(AttributeError):
        settings.BASKET_CUP  # noqa: B018


def test_artefacts_lie_below_the_project_unless_told_otherwise(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    settings.RECOMMENDATIONS = {}
    assert store_dir() == tmp_path / "var" / "artefacts"
    settings.RECOMMENDATIONS = {"STORE_DIR": str(tmp_path / "x")}
    assert store_dir() == tmp_path / "x"


def test_the_documentation_lists_every_setting_as_it_is():
    text = (Path(__file__).parent.parent / "docs" / "settings.md").read_text()
    for name, option in OPTIONS.items():
        assert f"| `{name}` | `{option.default!r}` | {option.meaning} | {option.problem(object())} |" in text


def test_a_secret_is_not_repeated_in_the_complaint():
    assert problems({"CATALOGUE": "a.b", "METRICS_TOKEN": "short"}) == [
        "METRICS_TOKEN must be a text of at least 16 characters, or None"
    ]
