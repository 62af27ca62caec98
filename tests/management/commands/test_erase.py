import pytest
from django.core.management import CommandError, call_command

from recommendations.models import ErasedKey, ItemCount, Order, Shopper
from tests.factories import fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]


@pytest.fixture
def ann(django_user_model):
    user = django_user_model.objects.create_user("ann")
    make_order("a", "b", shopper=f"user:{user.pk}")
    make_order("a", shopper="user:7")
    fold_all()
    return user


def answer(monkeypatch, words):
    monkeypatch.setattr("builtins.input", lambda _question: words)


def test_all_goes_and_the_log_does_not_say_whose(ann, capsys, caplog):
    caplog.set_level("INFO")
    call_command("erase", "ann", yes=True)
    assert "1 orders, 0 events" in capsys.readouterr().out
    assert Order.objects.get().shopper.key == "user:7"
    assert dict(ItemCount.objects.values_list("item__key", "orders")) == {"a": 1}
    assert "ran erase" in caplog.text
    assert "ann" not in caplog.text
    assert f"user:{ann.pk}" not in caplog.text


@pytest.mark.parametrize(("words", "is_erased"), [("yes", True), ("no", False), ("", False)])
def test_it_asks_first(ann, monkeypatch, words, is_erased):
    answer(monkeypatch, words)
    if is_erased:
        call_command("erase", "ann")
    else:
        with pytest.raises(CommandError, match="nothing was erased"):
            call_command("erase", "ann")
    assert Shopper.objects.filter(key=f"user:{ann.pk}").exists() is not is_erased


def test_somebody_unknown_is_an_error_but_an_account_is_kept_out_of_the_history(db):
    with pytest.raises(CommandError, match="shopper"):
        call_command("erase", "nobody", yes=True)
    call_command("erase", "user:99", yes=True)
    assert ErasedKey.objects.count() == 1
