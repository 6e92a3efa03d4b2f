"""How long the pages take to answer, in headless Chromium on two free cores.

The imbalance page at delicious's size (16,105 rows, 983 labels, 19 labels a row): from
a click to the moment what it asked for is drawn, the script has run and the browser's
main thread is free: the last change of the page's main part, or the end of the last
task over 50 ms, whichever is later. Decoration does not count (see WATCH).
The latent space of 5,000 rows: from its address to a drawn map, visited again.

    python tests/benchmarks/pages.py [imbalance|latent|selection] [--quick]

`--quick` visits the latent space of 300 rows, once.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from checkout import ROOT
from imbalance import power_law
from playwright.sync_api import sync_playwright

from aemlo.dataset import Dataset, Feature
from aemlo.latent import pca, trained
from aemlo.samplers.ml_ros import MLROS
from aemlo.store import Store

PORT = 8611
TIMES = 5
N = 5000  # rows of the latent space, a tenth of them new
CHROMIUM = os.environ.get("AEMLO_CHROMIUM", "/usr/bin/chromium")
AT_REST = (
    "document.querySelector('[data-testid=stApp]')"
    ".getAttribute('data-test-script-state') === 'notRunning'"
)
# Notes when the visitor last clicked or pressed a key, when what the page says last
# changed, and when the main thread was last busy for long. Decoration is no answer:
# what lies outside the page's main part, the state of being stale (an attribute of the
# boxes around elements; nothing fades within half a second), focus and hover, and the
# text that a drawn table hands to screen readers a little later.
WATCH = """
window.watch = {acted: 0, changed: 0, last: ''};
for (const kind of ['pointerdown', 'pointerup', 'keydown'])
  addEventListener(kind, () => watch.acted = performance.now(), true);
const decoration = /^data-(stale|test|focused|hovered|pressed|retained)|^aria-/;
const box = /stElementContainer|stVerticalBlock|stButtonGroup|stFullScreenFrame/;
const counts = change => {
  const target = change.target.nodeType === 1
    ? change.target : change.target.parentElement;
  if (!target || !target.closest('[data-testid=stMain]')) return false;
  if (target.closest('.modebar, .hoverlayer, canvas')) return false;
  if (change.type !== 'attributes') return true;
  return !decoration.test(change.attributeName)
    && !box.test(target.getAttribute('data-testid') || '');
};
new MutationObserver(changes => {
  const found = changes.find(counts);
  if (found) {
    watch.changed = performance.now();
    watch.last = found.type + ' ' + (found.attributeName || '') + ' '
      + (found.target.outerHTML || found.target.data || '').slice(0, 150);
  }
}).observe(
  document, {subtree: true, childList: true, attributes: true, characterData: true});
new PerformanceObserver(list => list.getEntries().forEach(
  task => watch.changed = Math.max(watch.changed, task.startTime + task.duration)
)).observe({type: 'longtask'});
// Tables are written on canvases: the first time since reset that one had a new word.
const words = new Set(), write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function(word, ...where) {
  if (!words.has(word)) {
    words.add(word);
    watch.written ||= performance.now();
  }
  return write.call(this, word, ...where);
};
"""
VIEWS = ("Long tail", "Concurrence", "Ring", "Co-occurrence", "Phi", "Rows")
VIEWS += ("Labelsets", "Side by side")
SELECTED = re.compile(r"([\d,]+) rows? selected")
QUIET = 800  # milliseconds without a change, after which an answer is complete


def features(d):
    """d features called x0 and so on."""
    return tuple(Feature(f"x{j}") for j in range(d))


@contextmanager
def page_at(home, path):
    """A browser page on a server of the app whose store is `home`."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--server.port={PORT}", "--server.headless=true"]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"AEMLO_HOME": str(home), "AEMLO_WORKERS": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_server()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(WATCH)
            page.goto(f"http://127.0.0.1:{PORT}/{path}")
            page.wait_for_selector(".js-plotly-plot .nsewdrag", timeout=60_000)
            rest(page)
            page.wait_for_timeout(3000)
            yield page
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _wait_for_server():
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health").close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The app did not start.")


def rest(page):
    """Until the script has run and what it sent is drawn."""
    page.wait_for_function(
        f"{AT_REST} && performance.now() - watch.changed > {QUIET}", timeout=60_000
    )


def answered(page, act):
    """Seconds from the visitor's click to the last change of the page it led to."""
    act()
    page.wait_for_function(
        f"{AT_REST} && performance.now() - watch.changed > {QUIET}", timeout=60_000
    )
    return page.evaluate("(watch.changed - watch.acted) / 1000")


def written(name, seconds):
    """One line: least, median and largest of the seconds."""
    print(
        f"{name:32} {min(seconds):.2f} {statistics.median(seconds):.2f} "
        f"{max(seconds):.2f}",
        flush=True,
    )


def imbalance(home):
    """Every kind of click on the imbalance page at 983 labels, alone and laid over."""
    Y = power_law()
    n, q = Y.shape
    X = np.random.default_rng(0).normal(size=(n, 10))
    names = tuple(f"label {j}" for j in range(q))
    store = Store(home)
    dataset = Dataset("of delicious's size", X, Y, features(10), names)
    key = store.add_dataset(dataset)
    store.use_dataset("workspace-983", key)
    _resampled(store, dataset, key)
    print(f"{'click: seconds':32} min median max")
    with page_at(home, "imbalance?w=workspace-983") as page:
        _clicks(page)
        _what_if(page)
        _option(page, "Compare with a run", "ML-ROS")
        pause(page)
        print("with a run laid over")
        _clicks(page)


def _clicks(page):
    measures = ("Within each label (ImR)", "Positive rows", "Between labels (IRLbl)")
    written(
        "another measure",
        [answered(page, _radio(page, m)) for _ in range(2) for m in measures],
    )
    label = page.get_by_role("combobox", name="Label").first
    written("another label", [_choose(page, label, j) for j in range(100, 107)])
    log = page.locator("label", has_text="Log scale").first
    written("log scale", [answered(page, log.click) for _ in range(4)])
    conventions = ("counts as 0", "left out")
    written(
        "labels without positives",
        [answered(page, _radio(page, c)) for _ in range(2) for c in conventions],
    )
    for view in (*VIEWS, "What if"):
        _radio(page, view)()
        pause(page)
    for view in VIEWS:
        _radio(page, "All measures")()
        pause(page)
        written(view, [answered(page, _radio(page, view))])


def _what_if(page):
    _radio(page, "What if")()
    pause(page)
    for method in ("ML-ROS", "MLSMOTE", "AEMLO"):
        _option(page, "Sampler", method)
        pause(page)
        slider = page.get_by_role("slider", name="Size")
        larger = partial(slider.press, "ArrowRight")
        another = [answered(page, larger) for _ in range(TIMES)]
        written(f"what if: {method}, another size", another)


def _radio(page, name):
    return lambda: page.get_by_role("radio", name=name, exact=True).first.click()


def _option(page, box, title):
    combobox = page.get_by_role("combobox", name=box)
    combobox.click()
    combobox.fill(title)
    page.get_by_role("option", name=title, exact=True).click()


def _resampled(store, dataset, key):
    """A finished run of ML-ROS on `dataset`, in `store`."""
    settings = {"sampler": "ML-ROS", "seed": 0}
    run = store.enqueue(
        "workspace-983", "resample", "ML-ROS", settings, key, dataset.name
    )
    X, Y = MLROS(random_state=0).fit_resample(dataset.X, dataset.Y)
    more = Dataset(dataset.name, X, Y, dataset.features, dataset.label_names)
    more.save(store.folder(run) / "resampled")
    store.claim("benchmark")
    store.finish(run, "done", summary={}, error=None)


def pause(page):
    """Until the page is at rest, and a moment more as a visitor would take."""
    rest(page)
    page.wait_for_timeout(1500)


def _choose(page, box, label):
    box.click()
    box.fill(f"label {label}")
    option = page.get_by_role("option", name=f"label {label}", exact=True)
    option.wait_for()
    return answered(page, option.click)


def latent(home):
    """The map of 4,500 real and 500 new rows, visited again."""
    run = _trained(Store(home), n=N - N // 10, m=N // 10)
    with page_at(home, f"latent?w=workspace0&run={run}") as page:
        drawn = []
        for _ in range(TIMES):
            started = time.perf_counter()
            page.reload()
            page.wait_for_selector(".js-plotly-plot .nsewdrag", timeout=60_000)
            drawn.append(time.perf_counter() - started)
            rest(page)
            page.wait_for_timeout(1500)
        print(f"{'seconds':32} min median max")
        written("reload to a drawn map", drawn)
        back = []
        for _ in range(TIMES):
            page.goto(f"http://127.0.0.1:{PORT}/methods?w=workspace0")
            rest(page)
            page.wait_for_timeout(1500)
            started = time.perf_counter()
            page.goto(f"http://127.0.0.1:{PORT}/latent?w=workspace0&run={run}")
            page.wait_for_selector(".js-plotly-plot .nsewdrag", timeout=60_000)
            back.append(time.perf_counter() - started)
        written("address to a drawn map", back)
        within = []
        for _ in range(TIMES):
            _through_the_menu(page, "Help", "Methods")
            pause(page)
            _through_the_menu(page, "Understand", "Latent space")
            page.wait_for_selector(".js-plotly-plot .nsewdrag", timeout=60_000)
            now = page.evaluate("performance.now()")
            within.append((now - page.evaluate("watch.acted")) / 1000)
            pause(page)
        written("menu to a drawn map", within)


def selection(home):
    """Loops around some 2,000 of 20,000 points: until the table has them, and all."""
    run = _trained(Store(home), n=18_000, m=2_000)
    with page_at(home, f"latent?w=workspace0&run={run}") as page:
        tables, around, rows = [], [], []
        plot = page.locator(".js-plotly-plot .nsewdrag").first
        for left in (0.2, 0.45, 0.25, 0.5, 0.3):
            plot.scroll_into_view_if_needed()
            page.evaluate("watch.written = 0")
            _loop(page, plot.bounding_box(), left)
            around.append(answered(page, lambda: None))
            tables.append(page.evaluate("watch.written - watch.acted") / 1000)
            text = page.get_by_text(SELECTED).first.inner_text()
            rows.append(int(SELECTED.search(text)[1].replace(",", "")))
            page.wait_for_timeout(1500)
        print(
            f"{f'{min(rows):,} to {max(rows):,} of 20,000: seconds':32} min median max"
        )
        written("let go to the table", tables)
        written("let go to all that follows", around)


def _loop(page, box, left, width=0.12, height=0.45):
    """A loop drawn with the mouse inside `box`, a rectangle of these shares of it."""
    x, y = box["x"] + left * box["width"], box["y"] + 0.25 * box["height"]
    w, h = width * box["width"], height * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    for corner in ((x + w, y), (x + w, y + h), (x, y + h), (x, y + 4)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()


def _through_the_menu(page, group, title):
    page.get_by_role("button", name=group).first.click()
    link = page.get_by_role("menuitem", name=title).first
    link.wait_for()
    page.wait_for_timeout(500)
    link.click()


def _trained(store, n, m, d=60, q=12, size=32):
    """A finished run of n real and m new rows with its pictures, in `store`."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n, 8))
    X = hidden @ rng.normal(size=(8, d)) + 0.3 * rng.normal(size=(n, d))
    scores = hidden @ rng.normal(size=(8, q))
    bars = [np.quantile(scores[:, j], 1 - p) for j, p in enumerate(_shares(q))]
    Y = (scores > bars).astype(np.uint8)
    names = tuple(f"label {j}" for j in range(q))
    parents = rng.choice(np.flatnonzero(Y[:, -3:].any(axis=1)), (m, 2))
    X_all = np.vstack([X, X[parents].mean(axis=1)])
    Y_all = np.vstack([Y, Y[parents[:, 0]]])
    key = store.add_dataset(Dataset("map", X, Y, features(d), names))
    store.use_dataset("workspace0", key)
    run = store.enqueue("workspace0", "train", "AEMLO", {"seed": 0}, key, "map")
    folder = store.folder(run)
    Dataset("map", X_all, Y_all, features(d), names).save(folder / "resampled")
    pd.DataFrame(
        {
            "origin": [*range(n), *([-1] * m)],
            "parents": [()] * n + [tuple(map(int, pair)) for pair in parents],
            "label": [-1] * n + [q - 1] * m,
            "weight": [np.nan] * n + [0.5] * m,
        }
    ).to_parquet(folder / "provenance.parquet")
    codes = np.tanh(X_all @ rng.normal(size=(d, size)) / 8)
    np.save(folder / "codes.npy", codes)
    store.claim("benchmark")
    store.finish(run, "done", summary={}, error=None)
    _picture(store, run, key, {"latent": codes, "features": X_all, "labels": Y_all})
    return run


def _shares(q):
    return np.geomspace(0.4, 0.01, q)


def _picture(store, run, key, spaces):
    spec = {"run": run, **trained.PICTURE}
    picture = store.enqueue("workspace0", "embed", "Map", spec, key, "map")
    folder = store.folder(picture)
    for space, codes in spaces.items():
        frame = pd.DataFrame(pca(codes.astype(float), 2), columns=["x", "y"])
        frame.insert(0, "row", np.arange(len(codes)))
        frame["placed"], frame["trustworthiness"] = False, 0.9
        frame["preservation"] = 0.5
        frame.to_parquet(folder / f"{space}.parquet")
    rows = np.arange(len(codes))
    pd.DataFrame({"row": rows, "outside": False}).to_parquet(folder / "rows.parquet")
    store.claim("benchmark")
    store.finish(picture, "done", summary={}, error=None)


KINDS = {"imbalance": imbalance, "latent": latent, "selection": selection}


def main(kinds):
    """Time the pages named."""
    for kind in kinds:
        with tempfile.TemporaryDirectory() as home:
            KINDS[kind](Path(home))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--quick", action="store_true", help="a small set, once")
    asked = parser.parse_args()
    if asked.quick:
        TIMES, N = 1, 300
        main(["latent"])
    else:
        main(asked.kinds)
