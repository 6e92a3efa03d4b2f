"""The imbalance page and the latent map under a visitor's mouse, in a real browser."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from aemlo.formats import read
from aemlo.store import Store

pytestmark = pytest.mark.browser

LONG = 60_000
PNG = b"\x89PNG\r\n\x1a\n"
MOST = 150  # rows in the loop
MARGIN = 1  # pixels between the loop and the next point, so that none is doubtful

# The middle of each bar that can be seen, in pixels of the window, with its label's
# position.
BARS = """gd => {
  const box = gd.getBoundingClientRect(), l = gd._fullLayout, found = [];
  const [low, high] = l.xaxis.range, bottom = l.yaxis._offset + l.yaxis._length;
  gd._fullData.filter(t => t.type === 'bar').forEach(t => t.customdata.forEach(
    (custom, i) => {
      const place = l.xaxis.d2r(t.x[i]), top = l.yaxis._offset + l.yaxis.d2p(t.y[i]);
      if (place > low && place < high) found.push([
        +custom[0], box.left + l.xaxis._offset + l.xaxis.r2p(place),
        box.top + (top + bottom) / 2]);
    }));
  return found; }"""
# The middle of each cell of a heat map, with the positions of its line and column.
CELLS = """gd => {
  const box = gd.getBoundingClientRect(), l = gd._fullLayout;
  const t = gd._fullData.find(t => t.mode === 'text');
  return t.x.map((x, i) => [
    +t.customdata[i][0], x, t.y[i],
    box.left + l.xaxis._offset + l.xaxis.d2p(x),
    box.top + l.yaxis._offset + l.yaxis.d2p(t.y[i])]); }"""
# Every point of the map: trace, row id, and where it is in pixels of the window.
POINTS = """gd => {
  const box = gd.getBoundingClientRect(), l = gd._fullLayout, found = [];
  gd._fullData.forEach((t, k) => (t.customdata || []).forEach((c, i) => found.push([
    k, c[0], box.left + l.xaxis._offset + l.xaxis.d2p(t.x[i]),
    box.top + l.yaxis._offset + l.yaxis.d2p(t.y[i])])));
  return found; }"""


@pytest.fixture
def enron(shared, tmp_path, start_server):
    """(the data set, the address of its imbalance page in an app of its own)."""
    folder = shared / "data" / "mulan"
    dataset = read(folder / "enron.arff", xml=folder / "enron.xml")
    store = Store(tmp_path / "home0")
    store.use_dataset("visitor-of-enron", store.add_dataset(dataset))
    server = start_server(AEMLO_WORKERS="0")
    return dataset, f"{server.url}/imbalance?w=visitor-of-enron"


def settled(page):
    """Wait until the script of the page has run."""
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )


def chart(page, key):
    """The drawn Plotly figure with this key."""
    drawn = page.locator(f".st-key-{key.replace('.', '-')} .js-plotly-plot")
    expect(drawn.locator(".nsewdrag").first).to_be_visible(timeout=LONG)
    return drawn


def chosen_is(page, name):
    """Wait until the page speaks of the label `name`: box, heading and bars."""
    heading = page.get_by_role("heading", name=f"Chosen label: {name}", exact=True)
    expect(heading).to_be_visible(timeout=LONG)
    expect(page.get_by_role("combobox", name="Label").first).to_have_value(name)
    bars = chart(page, "imbalance.bars")
    expect(bars.locator(".annotation-text").last).to_have_text(name[:24])
    settled(page)


def downloaded(page, act):
    """(name, content) of what a click hands out."""
    with page.expect_download(timeout=LONG) as waiting:
        act()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def table_of(page, key):
    """The table with this key, as its CSV download has it."""
    button = page.locator(f".st-key-{key.replace('.', '-')}-csv button")
    _, content = downloaded(page, button.click)
    return pd.read_csv(io.BytesIO(content))


def rarest_first(Y):
    counts = Y.sum(axis=0)
    order = np.argsort(counts, kind="stable")
    return order[counts[order] > 0]


def test_a_new_user_finds_the_rarest_labels_of_enron(visitor, enron, screenshots):
    page, (dataset, address) = visitor, enron
    Y, names = dataset.Y.astype(int), list(dataset.label_names)
    counts = Y.sum(axis=0)
    three = rarest_first(Y)[:3]
    page.goto(address)
    chosen_is(page, names[three[0]])

    # The table of all labels begins with the rarest.
    table = table_of(page, "imbalance.table")
    known = table[table["positives"] > 0]
    assert known["positives"].head(3).tolist() == counts[three].tolist()
    assert set(known["label"]) == {n for n, c in zip(names, counts, strict=True) if c}
    most = counts.max()
    assert np.allclose(known["IRLbl"], most / known["positives"])

    # Each of them, and with whom it occurs.
    together = Y.T @ Y
    for label in three:
        if label != three[0]:
            box = page.get_by_role("combobox", name="Label").first
            box.click()
            box.fill(names[label])
            page.get_by_role("option", name=names[label], exact=True).click()
        chosen_is(page, names[label])
        met = table_of(page, "imbalance.neighbours")
        shared_rows = {
            names[k]: together[label, k]
            for k in np.flatnonzero(together[label])
            if k != label
        }
        assert dict(zip(met["label"], met["rows"], strict=True)) == shared_rows

    # The picture to take along.
    bars = chart(page, "imbalance.bars")
    bars.hover()
    camera = bars.locator(".modebar-btn[data-title^='Download plot']")
    name, content = downloaded(page, camera.click)
    assert name == "enron-IRLbl-per-label.png" and content.startswith(PNG)
    page.screenshot(path=screenshots / "pages-enron.png")


def test_a_click_on_a_bar_or_a_cell_chooses_the_label_everywhere(visitor, enron):
    page, (dataset, address) = visitor, enron
    names = list(dataset.label_names)
    page.goto(address)
    chosen_is(page, names[rarest_first(dataset.Y.astype(int))[0]])
    found = chart(page, "imbalance.bars").evaluate(BARS)
    label, x, y = found[5]
    page.mouse.click(x, y)
    chosen_is(page, names[label])
    # The label stays the one of the page in a view, and of the heat map's cells.
    page.get_by_role("radio", name="Co-occurrence").first.click()
    square = chart(page, "imbalance.square")
    square.scroll_into_view_if_needed()
    cells = square.evaluate(CELLS)
    height = page.viewport_size["height"]
    line, column, own, x, y = next(
        cell
        for cell in cells
        if cell[0] != label and cell[1] != cell[2] and 80 < cell[4] < height - 40
    )
    # Near the edge of the cell, not only at its middle.
    page.mouse.click(x + 3, y + 3)
    assert names[line].startswith(own.rstrip("…")[:10]) and own != column
    chosen_is(page, names[line])


def inside(x, y, corners):
    """Which points lie in a polygon: a ray to the right crosses its edges oddly."""
    odd = np.zeros(len(x), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        across = (y1 > y) != (y2 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            odd ^= across & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return odd


def to_edges(x, y, corners):
    """Pixels from each point to the nearest edge of a polygon."""
    nearest = np.full(len(x), np.inf)
    places = np.column_stack([x, y])
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = end - start
        part = np.clip((places - start) @ along / (along @ along), 0, 1)
        gap = np.linalg.norm(places - start - part[:, None] * along, axis=1)
        nearest = np.minimum(nearest, gap)
    return nearest


def loop_around(points):
    """Corners (c, 2) of a loop with most rows in it, of two traces or more, that passes
    every point at MARGIN pixels or more: a round one, through a gap between points."""
    places = points[["x", "y"]].to_numpy()
    turns = np.arange(24) / 24 * 2 * np.pi
    circle = np.column_stack([np.cos(turns), np.sin(turns)])
    best, most = None, 0
    for middle in places:
        away = np.sort(np.linalg.norm(places - middle, axis=1))[:MOST]
        wide = np.flatnonzero(np.diff(away) > 2 * MARGIN)[::-1]
        for last in wide[wide >= most]:
            corners = (middle + circle * away[last : last + 2].mean()).round()
            held = inside(*places.T, corners)
            apart = to_edges(*places.T, corners).min() >= MARGIN
            if apart and points["trace"][held].nunique() > 1:
                best, most = corners, held.sum()
                break
    return best


def test_a_loop_drawn_on_the_map_holds_exactly_its_rows(
    visitor, start_server, screenshots
):
    page = visitor
    server = start_server(AEMLO_WORKERS="0")
    page.goto(f"{server.url}/latent")
    drawn = page.locator(".js-plotly-plot").first
    expect(drawn.locator(".gl-canvas").first).to_be_attached(timeout=LONG)
    settled(page)
    drawn.scroll_into_view_if_needed()
    points = pd.DataFrame(drawn.evaluate(POINTS), columns=["trace", "row", "x", "y"])
    assert points["row"].is_unique and points["trace"].nunique() > 2
    corners = loop_around(points)
    held = inside(*points[["x", "y"]].to_numpy().T, corners)
    rows = set(points["row"][held])
    assert len(rows) >= 10 and points["trace"][held].nunique() >= 2

    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*corner)
    page.mouse.up()
    heading = page.get_by_role("heading", name=f"{len(rows):,} rows selected")
    expect(heading).to_be_visible(timeout=LONG)
    settled(page)
    table = table_of(page, "latent.table")
    assert set(table["row"]) == rows and table["row"].is_unique
    page.screenshot(path=screenshots / "pages-loop.png")

    # Leave them out: they are off the map, and the rest can be taken along.
    page.get_by_role("button", name="Leave these rows out").click()
    expect(page.get_by_text(f"{len(rows):,} rows left out.").first).to_be_visible(
        timeout=LONG
    )
    settled(page)
    left = page.locator(".js-plotly-plot").first
    everything = set(points["row"])
    expect(left.locator(".gl-canvas").first).to_be_attached(timeout=LONG)
    page.wait_for_function(
        "n => document.querySelector('.js-plotly-plot')._fullData.reduce("
        "(sum, t) => sum + (t.customdata || []).length, 0) === n",
        arg=len(everything - rows),
        timeout=LONG,
    )
    assert {row for _, row, _, _ in left.evaluate(POINTS)} == everything - rows
    button = page.get_by_role("button", name="Download the rest (CSV)")
    name, content = downloaded(page, button.click)
    rest = pd.read_csv(io.BytesIO(content))
    assert (
        name == "example-yeast-kept-rows.csv" and set(rest["row"]) == everything - rows
    )


def test_the_address_says_what_is_looked_at_and_a_reload_keeps_it(
    visitor, start_server, screenshots
):
    page = visitor
    server = start_server(AEMLO_WORKERS="0")
    page.goto(f"{server.url}/latent")
    shown = page.locator(".js-plotly-plot").first
    expect(shown.locator(".gl-canvas").first).to_be_attached(timeout=LONG)
    settled(page)
    page.get_by_role("radio", name="Original features").click()
    settled(page)
    page.get_by_label("Colour by", exact=True).click()
    page.get_by_role("option", name="number of labels").click()
    title = shown.get_by_text("2,417 real rows and 604 synthetic, by number of labels")
    expect(title).to_be_visible(timeout=LONG)
    page.get_by_placeholder("17, 20-25").fill("7, 2500")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="2 rows selected: 1 real, 1 synthetic")
    expect(heading).to_be_visible(timeout=LONG)
    settled(page)

    page.reload()
    expect(title).to_be_visible(timeout=LONG)
    expect(heading).to_be_visible(timeout=LONG)
    chosen = page.get_by_role("radio", name="Original features")
    expect(chosen).to_be_checked(timeout=LONG)
    page.screenshot(path=screenshots / "pages-reload.png")

    # Another part of the page, and a visit elsewhere: it is there again.
    page.get_by_role("radio", name="Directions").click()
    directions = page.get_by_text("lie along a direction (AUC 0.75 or more)")
    expect(directions).to_be_visible(timeout=LONG)
    settled(page)
    page.reload()
    expect(directions).to_be_visible(timeout=LONG)
    through_the_menu(page, "Data", "Data set")
    expect(page.get_by_role("heading", name="Data set", exact=True)).to_be_visible()
    through_the_menu(page, "Understand", "Latent space")
    expect(directions).to_be_visible(timeout=LONG)


def through_the_menu(page, group, title):
    """Go to a page by the navigation on top."""
    page.get_by_role("button", name=group).first.click()
    page.get_by_role("menuitem", name=title).first.click()
    settled(page)


def test_a_table_is_downloaded_by_our_button_alone(visitor, start_server):
    """The browser's own CSV would hold the names as they are, formulas and all."""
    server = start_server(AEMLO_WORKERS="0")
    visitor.goto(f"{server.url}/methods")
    table = visitor.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible(timeout=LONG)
    table.hover()
    expect(visitor.get_by_role("button", name="Fullscreen").first).to_be_visible()
    expect(visitor.get_by_role("button", name="Download as CSV")).to_have_count(0)
    expect(
        visitor.get_by_role("button", name="Download table (CSV)").first
    ).to_be_visible()
