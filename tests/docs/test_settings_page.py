"""The page of settings holds the table as it is."""

from tests.docs.make import SETTINGS_PAGE, with_table


def test_the_table_is_up_to_date():
    page = SETTINGS_PAGE.read_text()
    assert page == with_table(page), "run: make docs"
