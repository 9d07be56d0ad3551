"""Each second: whatever happens to one duty, the others are done."""

from sessions_app import timekeeper


def test_a_duty_that_fails_stops_no_other(monkeypatch, caplog):
    done = []

    def fail():
        raise RuntimeError("Durand")

    monkeypatch.setattr(timekeeper, "_duties", [fail, lambda: done.append(True)])
    timekeeper.tick()
    assert done == [True]
    assert "duty fail failed: RuntimeError" in caplog.text
