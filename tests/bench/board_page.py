"""The real page of a board in Chromium, and what the browser counts of it."""

from playwright.sync_api import Browser, BrowserContext

PHONE = {"width": 360, "height": 740}
PATIENCE = 60_000  # ms
# Whatever kept the page from answering a finger for 50 ms or more.
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: "longtask" });
"""
LIVE = "#pulse[data-live=on]"
LOADED = """() => ({
  live: Math.round(performance.now()),
  ready: Math.round(performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd),
})"""
SHOWS = "(version) => Number(document.getElementById('board').dataset.version) >= version"


def first_load(browser: Browser, url: str, number: str, login: str, slower: int) -> dict[str, int]:
    """ms from the click until the scripts have run and each button listens (`ready`), and until
    the page is live, in a browser so many times slower that has none of the site yet."""
    context = _context(browser, url, login)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(f"{url}/surveillance/{number}/")
    page.wait_for_selector(LIVE, timeout=PATIENCE)
    told = page.evaluate(LOADED)
    context.close()
    return told


def _context(browser: Browser, url: str, login: str) -> BrowserContext:
    context = browser.new_context(viewport=PHONE, locale="fr-FR")
    context.add_cookies([{"name": "sessionid", "value": login, "url": url}])
    return context


class BoardPage:
    """One supervisor's page. Times are those of the page's own thread, in ms."""

    def __init__(self, browser: Browser, url: str, number: str, login: str):
        self.errors: list[str] = []
        context = _context(browser, url, login)
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(WATCH)
        self.page.goto(f"{url}/surveillance/{number}/")
        self.page.wait_for_selector(LIVE, timeout=PATIENCE)
        self._tools = context.new_cdp_session(self.page)
        self._machine = browser.new_browser_cdp_session()
        # The thread's own clock: what other programs take of the core does not count.
        self._tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def slow_down(self, times: float) -> None:
        """As a phone that is so many times slower than this machine."""
        self._tools.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def wait(self, version: int) -> None:
        self.page.wait_for_function(SHOWS, arg=version, timeout=PATIENCE, polling=100)

    def times(self) -> dict[str, float]:
        """ms so far: `script`, `style`, `layout`, and `task`, which is all of it and painting."""
        counted = self._counted()
        names = {"script": "Script", "style": "RecalcStyle", "layout": "Layout", "task": "Task"}
        return {name: 1e3 * counted[f"{told}Duration"] for name, told in names.items()}

    def computing(self) -> float:
        """ms so far of all of the browser's processes together: what a battery pays."""
        told = self._machine.send("SystemInfo.getProcessInfo")["processInfo"]
        return 1e3 * sum(process["cpuTime"] for process in told)

    def memory(self) -> dict[str, int]:
        """`heap` in bytes, `nodes` and `listeners`, after whatever is not used has been freed."""
        for _ in range(2):
            self._tools.send("HeapProfiler.collectGarbage")
        counted = self._counted()
        names = {"heap": "JSHeapUsedSize", "nodes": "Nodes", "listeners": "JSEventListeners"}
        return {name: int(counted[told]) for name, told in names.items()}

    def long_tasks(self) -> list[float]:
        """ms of each since the last call."""
        return self.page.evaluate("longTasks.splice(0)")

    def _counted(self) -> dict[str, float]:
        metrics = self._tools.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] for each in metrics}
