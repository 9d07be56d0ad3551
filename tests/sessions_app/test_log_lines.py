"""A line of the log says what happened and where; never the words of an error."""

import json
import logging
import sys

import pytest
from django.utils.log import AdminEmailHandler

from pix_surveillance.log_lines import JsonLines, Lines

SECRET = "Durand 0001"


@pytest.fixture
def failure():
    """The record of an error whose words, and those of its cause, hold a name."""
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(f"row of {SECRET}") from error
    except ValueError:
        info = sys.exc_info()
    return logging.LogRecord("apart", logging.ERROR, __file__, 1, "duty %s failed", ("x",), info)


def test_an_error_is_one_object_of_one_line(failure):
    text = JsonLines().format(failure)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "apart", "duty x failed")
    assert "test_log_lines.py" in line["error"]


@pytest.mark.parametrize("formatter", [Lines(), JsonLines()])
def test_the_words_of_an_error_are_not_written(formatter, failure):
    text = formatter.format(failure)
    assert "ValueError" in text
    assert "KeyError" in text
    assert SECRET not in text


def test_no_error_leaves_by_mail():
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    handlers = [each for one in loggers for each in one.handlers]
    assert not any(isinstance(each, AdminEmailHandler) for each in handlers)
