"""Staff look at rules as pictures: a graph of products, a matrix of categories, a scatter of measures."""

import pytest

from shop.models import Product
from tests.browser import in_thread
from tests.looks import overflow, photograph, violations
from tests.storefront.small_shop import HOSTILE

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
RULES = "/admin/recommendations/rule/"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 375, "height": 800}
STRICT = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

AT = """([name, place]) => {
    const element = document.getElementById(`rule-${name}`);
    const chart = echarts.getInstanceByDom(element);
    const graph = () => chart.getModel().getSeriesByIndex(0).getGraph();
    const middle = ([[x1, y1], [x2, y2], [x, y]]) => [(x1 + 2 * x + x2) / 4, (y1 + 2 * y + y2) / 4];
    const [kind, which] = place;
    const at = kind === "circle" ? graph().getNodeByIndex(which).getLayout()
        : kind === "line" ? middle(graph().getEdgeByIndex(which).getLayout()) : place;
    const [x, y] = chart.convertToPixel({ seriesIndex: 0 }, at);
    const box = element.getBoundingClientRect();
    return [box.x + x, box.y + y];
}"""
"""Where on the screen a picture has a place: of a graph its nth circle or line, else two coordinates."""


def drawn(page, name, query=""):
    """Open a picture and wait until it is there."""
    page.goto(f"{RULES}{name}/{query}")
    page.wait_for_function("id => window.echarts?.getInstanceByDom(document.getElementById(id))", arg=f"rule-{name}")
    page.wait_for_timeout(100)


def series(page, name):
    return page.evaluate(
        "id => echarts.getInstanceByDom(document.getElementById(id)).getOption().series[0]", f"rule-{name}"
    )


def click(page, name, *place):
    page.locator(f"#rule-{name}").scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(AT, [name, place]))


def hover(page, name, *place):
    page.locator(f"#rule-{name}").scroll_into_view_if_needed()
    page.mouse.move(*page.evaluate(AT, [name, place]), steps=3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pictures_are_drawn_for_who_may_see_rules(staff, language):
    page = staff("view_rule", locale=LANGUAGES[language], viewport=WIDE)
    for name in ("graph", "matrix", "scatter"):
        drawn(page, name)
        assert page.locator(f"#rule-{name} canvas").first.is_visible()
        assert page.locator("html").get_attribute("lang") == language
        assert violations(page, within="#content") == []
        photograph(page, f"{name}-{language}")
    drawn(page, "graph", "?product=spaghetti")
    click(page, "graph", "circle", 0)
    photograph(page, f"graph-product-{language}")


def test_a_line_opens_its_rule_and_a_circle_its_product_with_its_rules(staff):
    page = staff("view_rule", viewport=WIDE)
    drawn(page, "graph", "?product=rice&most=4")
    node = series(page, "graph")["data"][1]["node"]

    click(page, "graph", "circle", 1)

    panel = page.locator("#rule-graph-product")
    assert panel.get_by_role("heading", name=node["title"]).is_visible()
    assert panel.locator("li a").count() >= 2
    assert violations(page, within="#rule-graph-product") == []
    around = panel.get_by_role("link", name="Around this product")
    address = around.get_attribute("href")
    around.click()
    page.wait_for_url(lambda url: url.endswith(address))
    drawn(page, "graph", "?product=rice&most=2")
    url = series(page, "graph")["links"][0]["link"]["url"]
    click(page, "graph", "line", 0)
    page.wait_for_url(f"**{url}")


def test_the_graph_is_narrowed_by_a_product_that_is_typed_and_by_its_fields(staff):
    page = staff("view_rule", viewport=WIDE)
    drawn(page, "graph")
    whole = len(series(page, "graph")["data"])

    field = page.get_by_label("Around this product")
    field.press_sequentially("Jasmine")
    page.wait_for_selector("#product-names option[value=rice]", state="attached")
    field.press("Enter")
    page.wait_for_url("**product=Jasmine**")
    around = len(series(page, "graph")["data"])
    page.get_by_label("Products, at most").fill("3")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**most=3**")

    assert whole > around > len(series(page, "graph")["data"]) == 3
    page.get_by_text("The same as tables").click()
    assert page.locator("#rule-graph-table td a").filter(has_text="Jasmine rice").first.is_visible()


def test_a_cell_of_the_matrix_opens_the_graph_of_both_categories(staff):
    page = staff("view_rule", viewport=WIDE)
    drawn(page, "matrix")
    x, y, rules = next(one["value"] for one in series(page, "matrix")["data"] if one["value"][0] != one["value"][1])

    click(page, "matrix", x, y)
    page.wait_for_url("**first=*second=*")

    assert len({link["link"]["url"] for link in series(page, "graph")["links"]}) >= rules


def test_points_that_are_chosen_are_told_below_and_a_point_opens_its_rule(staff):
    page = staff("view_rule", viewport=WIDE)
    drawn(page, "scatter", "?sample=confidence")
    (x, y, _), pk = (series(page, "scatter")["data"][-1][name] for name in ("value", "id"))
    before = page.locator("#rule-scatter-table tbody tr").count()

    choose(page, x, y)
    told = page.locator(f"#rule-scatter-table a[href$='/{pk}/change/']")
    told.wait_for()
    assert page.locator("#rule-scatter-table tbody tr").count() < before
    page.evaluate(
        'echarts.getInstanceByDom(document.getElementById("rule-scatter")).dispatchAction({ type: "brush", areas: [] })'
    )
    click(page, "scatter", x, y)
    page.wait_for_url("**/change/")


def test_a_hostile_title_is_text_in_pictures_tooltips_and_panels_under_a_strict_policy(staff, shop):
    product = shop.products["rice"]
    page = staff("view_rule", viewport=WIDE)
    page.route("**/*", with_policy)
    in_thread(retitle, product.pk, HOSTILE)
    try:
        drawn(page, "graph", "?product=rice&most=3")
        at = next(n for n, one in enumerate(series(page, "graph")["data"]) if one["name"] == HOSTILE)
        hover(page, "graph", "circle", at)
        click(page, "graph", "circle", at)
        assert page.locator("#rule-graph-product h2").text_content() == HOSTILE
        page.get_by_label("Around this product").fill("onerror")
        page.wait_for_selector("#product-names option[value=rice]", state="attached")
        drawn(page, "matrix")
        hover(page, "matrix", 0, 0)
        drawn(page, "scatter", "?first=pasta&sample=confidence")
        x, y = page.evaluate(
            """async () => {
                const { points, rules_url } = basketryCharts.data("rule-scatter-data");
                const ids = points.slice(0, 50).map(([id]) => id).join();
                const { rules } = await (await fetch(`${rules_url}?ids=${ids}`)).json();
                const { id } = rules.find(rule => rule.words.includes("onerror"));
                return points.find(point => point[0] === id).slice(1, 3);
            }"""
        )
        with page.expect_response("**/scatter/rules/**"):
            hover(page, "scatter", x, y)
        choose(page, x, y)
        page.wait_for_function("() => document.querySelectorAll('#rule-scatter-table tbody tr').length < 10")
        assert HOSTILE in page.locator("#rule-scatter-table").text_content()
        assert page.locator("img[src=x]").count() == 0
        assert page.title() != "broken"
    finally:
        in_thread(retitle, product.pk, product.title)


def test_the_pictures_fit_a_narrow_screen_and_follow_the_theme(staff):
    page = staff("view_rule", viewport=NARROW)
    for name in ("matrix", "scatter", "graph"):
        drawn(page, name)
        assert overflow(page) == []
        photograph(page, f"{name}-375")
    colour = "echarts.getInstanceByDom(document.getElementById('rule-graph')).getOption().textStyle.color"
    light = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"light => {colour} !== light", arg=light)
    photograph(page, "graph-dark-375")


def test_who_may_see_orders_alone_is_kept_from_the_pictures(staff):
    page = staff("view_order")
    for route in ("graph/", "graph/products/?q=rice", "matrix/", "scatter/", "scatter/rules/?ids=1"):
        assert page.goto(f"{RULES}{route}").status == 403


def choose(page, x, y):
    """Draw a small rectangle around a point of the scatter."""
    page.evaluate(
        """([x, y]) => echarts.getInstanceByDom(document.getElementById("rule-scatter")).dispatchAction({
            type: "brush", areas: [{ brushType: "rect", xAxisIndex: 0, yAxisIndex: 0,
            coordRange: [[0.99 * x, 1.01 * x], [0.99 * y, 1.01 * y]] }] })""",
        [x, y],
    )


def with_policy(route):
    answer = route.fetch()
    route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": STRICT})


def retitle(pk, title):
    Product.objects.filter(pk=pk).update(title=title)
